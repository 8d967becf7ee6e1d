// A world that runs each scenario under several orders of the server's threads.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SCHEDULES_WORLD_H_
#define HUPSTORM_SCENARIOS_WORLDS_SCHEDULES_WORLD_H_

#include <memory>

#include "scenarios/worlds/world.h"

namespace hupstorm {

class SchedulesWorld final : public World {
 public:
  // `world` keeps the schedule of a scenario; it is tried with those of the seeds 1 to `schedules`.
  SchedulesWorld(std::unique_ptr<World> world, int schedules);

  // First as it is, then under each schedule: what only these show is found with
  // Finding::schedule. Once alone if the scenario names a schedule, if the server has one thread,
  // or if the run is looked at closely.
  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions& options) override;

 private:
  std::unique_ptr<World> world_;
  const int schedules_;
};

// The scenario that shows `finding` of `scenario` each time: with its schedule, if it has one.
Scenario ShowingScenario(const Scenario& scenario, const Finding& finding);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SCHEDULES_WORLD_H_
