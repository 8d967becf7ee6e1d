#include "tools/isolation/death.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "scenarios/worlds/last_words.h"

namespace hupstorm {
namespace {

RunResult Result(const Scenario& scenario, const Target& target, std::string_view oracle,
                 std::string_view cause, std::string evidence) {
  Finding finding;
  finding.oracle = oracle;
  finding.target = target.name;
  finding.scenario = scenario.name.empty() ? scenario.file : scenario.name;
  finding.file = scenario.file;
  finding.evidence = std::move(evidence);
  finding.fingerprint =
      fmt::format("{:016x}", Fnv1a().Add(oracle).Add(target.name).Add(cause).value());
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
