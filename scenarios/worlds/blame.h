// Which call of the server's is to blame for a finding, and on what stack it was made: found by
// running the scenario again, so that runs without findings pay nothing.

#ifndef HUPSTORM_SCENARIOS_WORLDS_BLAME_H_
#define HUPSTORM_SCENARIOS_WORLDS_BLAME_H_

#include <functional>

#include "scenarios/worlds/world.h"

namespace hupstorm {

enum class Again : uint8_t {
  kTheSame,    // a scenario's run is the same each time, to the call
  kOnlyAlike,  // Linux has a hand in it
};

// What `run` returns for `options`. With RunOptions::find_blame, and if there are findings, it is
// run once or twice more; findings that are seen again get their call and its cause, and
// RunResult::stacks has the stacks. Of runs that are only alike it takes the one of two that shows
// more of the findings again.
RunResult RunForBlame(const RunOptions& options, Again again,
                      const std::function<RunResult(const RunOptions&)>& run);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_BLAME_H_
