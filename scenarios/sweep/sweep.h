// A sweep: a scenario is run once for each call that the server makes in it and each thing that can
// go wrong at that call (README.md beside this file).

#ifndef HUPSTORM_SCENARIOS_SWEEP_SWEEP_H_
#define HUPSTORM_SCENARIOS_SWEEP_SWEEP_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "scenarios/sweep/enumerate.h"
#include "scenarios/sweep/swept_scenario.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {

// What a run in which nothing goes wrong shows.
struct Survey {
  Enumeration found;
  // What one run takes: calls of the server, and one more for each 512 bytes that they move.
  uint64_t work = 0;
  std::vector<Finding> findings;
};

// A scenario that takes more work is a large one.
inline constexpr uint64_t kLargeWork = 100;

// `surveys` are all about one target. Takes out of each large scenario the calls of a kind that a
// smaller one has, and of the others all but the first of each kind. Of one alone it takes nothing.
void LeaveOutWhatSmallerOnesShow(std::span<Survey* const> surveys);

// One scenario against one target, in one world. All three must outlive it.
class Sweep {
 public:
  Sweep(World& world, const Scenario& scenario, const Target& target, const RunOptions& options)
      : world_(world), target_(target), options_(options), scenario_(scenario) {}

  // One run; a second one if that shows something. `all`: see Choice; of a small scenario every
  // call is taken anyway.
  Survey TakeSurvey(bool all);

  // Runs the scenario with `disturbance`. The result is good until the next run.
  const RunResult& Run(const Disturbance& disturbance) {
    return RunOnce(scenario_.With(disturbance));
  }
  const RunResult& Run(const Disturbance& first, const Disturbance& second) {
    return RunOnce(scenario_.With(first, second));
  }

  // What can go wrong in calls after the one at which `first` has gone wrong; at most about `most`
  // things, spread over all calls. `left_out`: how many there are besides. One run.
  std::vector<Disturbance> After(const Disturbance& first, uint64_t most, uint64_t& left_out);

  SweptScenario& scenario() { return scenario_; }

 private:
  const RunResult& RunOnce(const Scenario& scenario);
  const RunResult& Record(const Scenario& scenario);

  World& world_;
  const Target& target_;
  RunOptions options_;
  SweptScenario scenario_;
  CallLog log_;
  RunResult result_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_SWEEP_SWEEP_H_
