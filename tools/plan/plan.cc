#include "tools/plan/plan.h"

#include <fmt/format.h>

#include "scenarios/language/fit.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

void AddJobs(const Target& target, Plan& plan) {
  bool fits_any = false;
  for (const ChosenScenario& chosen : plan.scenarios) {
    const Scenario& scenario = chosen.scenario;
    const std::string why_not = plan.server.why_not(scenario);
    if (!why_not.empty() && chosen.named) {
      throw UsageError("{} cannot run in the {} world: {}", scenario.file, plan.server.world,
                       why_not);
    }
    if (!why_not.empty() && Fits(scenario, target)) {
      ++plan.left_out[why_not];
    } else if (Fits(scenario, target)) {
      plan.jobs.push_back({&scenario, &target});
      fits_any = true;
    } else if (chosen.named) {
      throw UsageError("{}: {} and {} speaks {}; choose another target (hupstorm list targets)",
                       scenario.file, WhyNotFor(scenario, target), target.name,
                       ProtocolName(target.protocol));
    }
  }
  if (!fits_any) {
    throw UsageError("none of these scenarios is written for {}, which speaks {}", target.name,
                     ProtocolName(target.protocol));
  }
}

}  // namespace

void MakePlan(const std::vector<std::string>& scenarios, const ServerOptions& server, Plan& plan) {
  plan.scenarios = ChooseScenarios(scenarios);
  plan.server = ChooseServer(server);
  for (const Target& target : plan.server.targets) AddJobs(target, plan);
}

}  // namespace hupstorm
