#include "tools/isolation/death.h"

#include <fmt/format.h>

#include <cstdint>

#include "scenarios/worlds/last_words.h"

namespace hupstorm {
namespace {

std::string Fingerprint(std::initializer_list<std::string_view> parts) {
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const std::string_view part : parts) {
    for (const char c : part) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
    hash *= 1099511628211u;
  }
  return fmt::format("{:016x}", hash);
}

RunResult Result(const Scenario& scenario, const Target& target, std::string_view oracle,
                 std::string_view cause, std::string evidence) {
  Finding finding;
  finding.oracle = oracle;
  finding.target = target.name;
  finding.scenario = scenario.name.empty() ? scenario.file : scenario.name;
  finding.file = scenario.file;
  finding.evidence = std::move(evidence);
  finding.fingerprint = Fingerprint({oracle, target.name, cause});
  RunResult result;
  result.findings.push_back(std::move(finding));
  return result;
}

}  // namespace

RunResult DeathResult(const Scenario& scenario, const Target& target, std::string_view how,
                      std::string_view output) {
  const std::string_view reason = ReasonIn(output);
  return Result(scenario, target, "server-died", fmt::format("{}\n{}", how, reason),
                fmt::format("the server's process ended: {}", LastWords(how, output)));
}

RunResult TimeoutResult(const Scenario& scenario, const Target& target,
                        std::chrono::milliseconds timeout) {
  return Result(scenario, target, "busy-loop", "timeout",
                fmt::format("the server ran {:g} s without a system call that could end it, and "
                            "had to be killed",
                            static_cast<double>(timeout.count()) / 1000));
}

}  // namespace hupstorm
