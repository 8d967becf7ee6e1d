#include "tools/isolation/death.h"

#include <fmt/format.h>

#include <cstdint>

namespace hupstorm {
namespace {

constexpr size_t kLongestQuote = 300;

// Of what a dying process wrote, the line that says why: a sanitizer's summary (it names the kind
// of error, the file and the function, and no address), else a sanitizer's or the C++ runtime's
// complaint, else the last line.
std::string_view Reason(std::string_view output) {
  static constexpr std::string_view kMarks[] = {"SUMMARY: ", "runtime error: ", "terminate called",
                                                "what():"};
  std::string_view best;
  size_t best_rank = std::size(kMarks) + 1;
  while (!output.empty()) {
    const size_t end = output.find('\n');
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    size_t rank = std::size(kMarks);
    for (size_t i = 0; i < std::size(kMarks); ++i) {
      if (line.find(kMarks[i]) != std::string_view::npos) {
        rank = i;
        break;
      }
    }
    if (rank < best_rank || (rank == best_rank && rank == std::size(kMarks))) {
      best = line;
      best_rank = rank;
    }
  }
  return best.substr(0, kLongestQuote);
}

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
  const std::string_view reason = Reason(output);
  return Result(scenario, target, "server-died", fmt::format("{}\n{}", how, reason),
                reason.empty() ? fmt::format("the server's process ended: {}", how)
                               : fmt::format("the server's process ended: {}: {}", how, reason));
}

RunResult TimeoutResult(const Scenario& scenario, const Target& target,
                        std::chrono::milliseconds timeout) {
  return Result(scenario, target, "busy-loop", "timeout",
                fmt::format("the server ran {:g} s without a system call that could end it, and "
                            "had to be killed",
                            static_cast<double>(timeout.count()) / 1000));
}

}  // namespace hupstorm
