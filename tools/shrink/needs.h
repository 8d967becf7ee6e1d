// Which of a scenario's disturbances a bug takes: each is taken away, and the bug looked for again.

#ifndef HUPSTORM_TOOLS_SHRINK_NEEDS_H_
#define HUPSTORM_TOOLS_SHRINK_NEEDS_H_

#include <chrono>
#include <span>

#include "tools/isolation/isolated_runner.h"
#include "tools/isolation/server_choice.h"
#include "tools/report/bugs.h"

namespace hupstorm {

// What it points to must outlive the search.
struct ShownFinding {
  Finding* finding = nullptr;
  const Scenario* scenario = nullptr;  // that shows it each time
  const Target* target = nullptr;
};

struct NeedsBounds {
  size_t most_bugs = 100;
  size_t most_disturbances = 32;  // of a scenario, each of which takes two runs or less
  // After this no run is begun. On the simulated kernel of a server of ours all ends long before.
  std::chrono::milliseconds time;
};

// 30 s for servers that run in the worker's process, where two searches are to give the same; 8 s
// for programs on the simulated kernel, 4 s on Linux.
NeedsBounds NeedsBoundsFor(const ServerChoice& server);

// Fills in Finding::needs: for all findings of one bug what is found with one scenario, the
// shortest of those that show it as the gravest of them does. A disturbance is needed if the bug
// (as `bugs` names it) does not show without it. Where two runs may differ, it must not show twice.
// Not looked at: what a scenario itself expects, and bugs of a server that takes all runs alone
// (--connect). What a bound leaves out says so. `isolation` makes the world that has shown them.
// Never throws because of a run.
void FindNeeds(const ServerChoice& server, IsolationOptions isolation, const NeedsBounds& bounds,
               BugNamer& bugs, std::span<const ShownFinding> shown);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_SHRINK_NEEDS_H_
