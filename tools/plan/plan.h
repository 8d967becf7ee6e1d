// Which scenarios are to be run against which servers.

#ifndef HUPSTORM_TOOLS_PLAN_PLAN_H_
#define HUPSTORM_TOOLS_PLAN_PLAN_H_

#include <string>
#include <vector>

#include "tools/catalogue/scenario_catalogue.h"
#include "tools/isolation/isolated_runner.h"
#include "tools/plan/choose_server.h"
#include "tools/report/left_out.h"

namespace hupstorm {

struct Plan {
  Plan() = default;
  Plan(const Plan&) = delete;  // jobs point into it
  Plan& operator=(const Plan&) = delete;

  ServerChoice server;
  std::vector<ChosenScenario> scenarios;
  std::vector<Job> jobs;  // each target with all that fits it; points into the above
  ByReason left_out;      // scenarios that do not fit a target, or cannot be had in this world
};

// Throws UsageError, which begins with `name`, if `scenario` does not fit `target` or cannot run in
// the server's world.
void CheckFit(const std::string& name, const Scenario& scenario, const Target& target,
              const ServerChoice& server);

// Fills in `plan`, which is empty. `scenarios`: as ChooseScenarios takes them. Throws UsageError
// if a scenario that was named does not fit a target or the world, or if none fits a target.
void MakePlan(const std::vector<std::string>& scenarios, const ServerOptions& server, Plan& plan);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_PLAN_PLAN_H_
