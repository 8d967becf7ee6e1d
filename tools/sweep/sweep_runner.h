// Sweeps scenarios in worker processes: what `hupstorm sweep` does.
//
// First each scenario is surveyed, with one run in which nothing goes wrong. What is to be run then
// is cut into slices, one job of a worker each. A worker answers with the runs that showed
// something new. Where it dies, the run that it was at is known from memory that it shares with its
// parent, and the rest of the slice goes to a new one. At last each finding's scenario is printed,
// read again and run as any other, so that what is reported is known to replay.

#ifndef HUPSTORM_TOOLS_SWEEP_SWEEP_RUNNER_H_
#define HUPSTORM_TOOLS_SWEEP_SWEEP_RUNNER_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "scenarios/worlds/world.h"
#include "tools/isolation/isolated_runner.h"
#include "tools/report/bugs.h"
#include "tools/report/sweep_report.h"

namespace hupstorm {

struct SweepSettings {
  IsolationOptions isolation;
  // Every call, also of those that are alike.
  bool all = false;
  // Pairs of things that go wrong, at most about this many for each scenario and target; 0: none.
  uint64_t most_pairs = 0;
  // The file that a finding's scenario is written to; empty for none. The caller writes it.
  std::function<std::string(const Finding& finding)> file_of = [](const Finding&) {
    return std::string();
  };
  BugNamer* bugs = nullptr;  // null: findings have no places
  std::function<void(uint64_t done, uint64_t total, size_t findings)> on_progress =
      [](uint64_t, uint64_t, size_t) {};
};

// Sweeps each job's scenario against its target; jobs of one target are next to each other. Throws
// FailedError if nothing has been found until then.
SweepReport RunSweep(std::span<const Job> jobs, const SweepSettings& settings);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_SWEEP_SWEEP_RUNNER_H_
