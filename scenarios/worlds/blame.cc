#include "scenarios/worlds/blame.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hupstorm {
namespace {

// How many of the findings were seen again.
auto CountSeenAgain(const std::vector<Finding>& findings, const std::vector<Finding>& again) {
  return std::count_if(findings.begin(), findings.end(), [&again](const Finding& one) {
    return std::any_of(again.begin(), again.end(), [&one](const Finding& finding) {
      return finding.fingerprint == one.fingerprint;
    });
  });
}

}  // namespace

RunResult RunForBlame(const RunOptions& options, Again again,
                      const std::function<RunResult(const RunOptions&)>& run) {
  RunOptions plain = options;
  plain.find_blame = false;
  RunResult result = run(plain);
  if (!options.find_blame || result.findings.empty()) return result;

  // What is asked for beside findings is there already.
  RunOptions closer;
  closer.progress = options.progress;
  closer.find_blame = true;
  closer.record_time_line = options.record_time_line;
  closer.all_stacks = again == Again::kOnlyAlike;
  RunResult recorded = run(closer);
  if (const auto seen = CountSeenAgain(result.findings, recorded.findings);
      again == Again::kOnlyAlike && !recorded.findings.empty() &&
      seen < std::ssize(result.findings)) {
    // Only what is like it came: Linux may have cut the server's input otherwise.
    RunResult second = run(closer);
    if (CountSeenAgain(result.findings, second.findings) > seen) recorded = std::move(second);
  }
  // Memory that is kept without a connection has no call to blame.
  closer.heap_stacks = std::any_of(
      recorded.findings.begin(), recorded.findings.end(),
      [](const Finding& finding) { return finding.oracle == "heap-leak" && finding.call == 0; });
  if (again == Again::kTheSame && (closer.heap_stacks || !recorded.calls_to_show.empty())) {
    closer.find_blame = closer.record_time_line = false;
    closer.stacks_at = std::move(recorded.calls_to_show);
    recorded.stacks = run(closer).stacks;
  }
  if (!recorded.stacks.empty()) result.stacks = std::move(recorded.stacks);
  if (CountSeenAgain(result.findings, recorded.findings) == std::ssize(result.findings)) {
    result.time_line = std::move(recorded.time_line);  // which knows its calls' numbers
  }
  for (const Finding& blamed : recorded.findings) {
    for (Finding& finding : result.findings) {
      if (finding.fingerprint != blamed.fingerprint) continue;
      finding.TakeBlame(blamed);
    }
  }
  return result;
}

}  // namespace hupstorm
