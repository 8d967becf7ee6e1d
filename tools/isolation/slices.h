// Many short runs as one job of a worker, a slice of them: to wake a process takes as long as a
// run.

#ifndef HUPSTORM_TOOLS_ISOLATION_SLICES_H_
#define HUPSTORM_TOOLS_ISOLATION_SLICES_H_

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/shared_array.h"
#include "scenarios/worlds/wire.h"
#include "tools/isolation/isolated_runner.h"

namespace hupstorm {

// Has workers do the slices. `Slice` has `from` and `to`, positions of runs, of which `to` is
// exclusive. `Mark` has `at`, the position of a run.
//   Job job_of(slice): blamed if a process dies or hangs.
//   Answer work(slice, mark, world, options): in a worker. Writes to `mark`, which the parent sees,
//     before each run.
//   take(slice, answer): in the parent.
//   Position end(mark, finding): in the parent, if the process ended in the run that `mark` tells.
//     Returns the run that comes next.
// After such an end, what came before it in the slice is done again, as its answer is lost. Throws
// as RunIsolated does.
template <typename Mark, typename Slice, typename JobOf, typename Work, typename Take, typename End>
void RunSlicesIsolated(std::vector<Slice> slices, const IsolationOptions& isolation,
                       const JobOf& job_of, const Work& work, const Take& take, const End& end) {
  using Answer = std::invoke_result_t<Work, const Slice&, Mark&, World&, const RunOptions&>;
  while (!slices.empty()) {
    SharedArray<Mark> marks(slices.size());
    std::vector<Job> jobs;
    for (size_t i = 0; i < slices.size(); ++i) {
      jobs.push_back(job_of(slices[i]));
      marks[i].at = slices[i].from;
    }
    std::vector<Slice> left;
    RunTasksIsolated(
        jobs, isolation,
        [&](size_t i, World& world, const RunOptions& options) {
          return Encode(work(slices[i], marks[i], world, options));
        },
        [&](size_t i, const std::string& answer) { take(slices[i], Decode<Answer>(answer)); },
        [&](size_t i, RunResult result) {
          const Slice& slice = slices[i];
          const auto at = marks[i].at;
          const auto next = end(marks[i], std::move(result.findings.at(0)));
          if (slice.from < at) left.push_back({slice.from, at});
          if (next < slice.to) left.push_back({next, slice.to});
        });
    slices = std::move(left);
  }
}

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_SLICES_H_
