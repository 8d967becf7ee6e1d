#include "tools/gate/run_once_more.h"

#include <algorithm>
#include <climits>
#include <functional>
#include <utility>
#include <vector>

#include "tools/cli/output.h"
#include "tools/gate/confirm.h"
#include "tools/report/bugs.h"
#include "tools/shrink/needs.h"

namespace hupstorm {
namespace {

// The most bugs that are run once more.
constexpr size_t kMost = 200;

void DrawTimeLines(const std::vector<BookedFinding*>& entries, IsolationOptions isolation,
                   BugNamer& bugs) {
  std::vector<Job> jobs;
  for (const BookedFinding* entry : entries) jobs.push_back({&*entry->scenario, entry->target});
  isolation.run.record_time_line = isolation.run.find_blame = true;
  isolation.most_timeouts = INT_MAX;
  Progress progress("time lines");
  size_t done = 0;
  RunIsolated(jobs, isolation, [&](size_t job, RunResult result) {
    BookedFinding& entry = *entries[job];
    GateFinding& report = entry.report;
    report.again = false;
    bugs.Name(result);  // so that the time line marks the call that is to blame
    for (Finding& finding : result.findings) {
      if (finding.fingerprint != report.finding.fingerprint) continue;
      report.again = true;
      if (entry.in_file) continue;
      // The line, the step and the evidence are those of the scenario that the user gets; the bug
      // is the one that it was booked as.
      finding.TakeBlame(report.finding);
      report.finding = std::move(finding);
    }
    report.time_line = std::move(result.time_line);
    report.sockets = std::move(result.sockets);
    if (!result.output.empty()) report.output = std::move(result.output);
    progress.Update(++done, jobs.size(), "");
  });
}

void LookForNeeds(const std::vector<BookedFinding*>& entries, const ServerChoice& server,
                  const IsolationOptions& isolation, BugNamer& bugs) {
  std::vector<ShownFinding> shown;
  for (BookedFinding* const entry : entries) {
    shown.push_back({&entry->report.finding, &*entry->scenario, entry->target});
  }
  FindNeeds(server, isolation, NeedsBoundsFor(server), bugs, shown);
}

void AskLinux(const std::vector<BookedFinding*>& entries, const ServerChoice& server,
              const IsolationOptions& isolation, bool unconfirmed) {
  std::vector<Question> questions;
  for (const BookedFinding* entry : entries) {
    questions.push_back({entry->target, &*entry->scenario, entry->report.oracles()});
  }
  const auto answers = ConfirmOnLinux(server, isolation, questions);
  for (size_t i = 0; i < entries.size(); ++i) {
    GateFinding& report = entries[i]->report;
    report.confirmation = answers[i];
    const bool is_shown = answers[i].state != Confirmation::State::kNotReproduced;
    report.not_reproduced = !is_shown && !unconfirmed;
  }
}

}  // namespace

void RunOnceMore(const ServerChoice& server, const IsolationOptions& isolation, bool unconfirmed,
                 std::span<BookedFinding> booked) {
  std::vector<BookedFinding*> entries;
  for (BookedFinding& entry : booked) {
    if (entry.scenario && entry.target != nullptr && entries.size() < kMost) {
      entries.push_back(&entry);
    }
  }
  // One target after the other, as workers are kept for one.
  std::stable_sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) {
    return std::less<>()(a->target, b->target);
  });
  BugNamer bugs(server.targets);
  DrawTimeLines(entries, isolation, bugs);
  LookForNeeds(entries, server, isolation, bugs);
  AskLinux(entries, server, isolation, unconfirmed);
}

}  // namespace hupstorm
