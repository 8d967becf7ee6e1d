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
    if (chosen.named) CheckFit(scenario.file, scenario, target, plan.server);
    std::string why_not = WhyNotFor(scenario, target);
    if (why_not.empty()) why_not = plan.server.place.why_not(scenario);
    if (!why_not.empty()) {
      plan.left_out[why_not].push_back(scenario.name);
    } else {
      plan.jobs.push_back({&scenario, &target});
      fits_any = true;
    }
  }
  if (!fits_any) {
    throw UsageError("none of these scenarios is written for {}, which speaks {}", target.name,
                     ProtocolName(target.protocol));
  }
}

}  // namespace

void CheckFit(const std::string& name, const Scenario& scenario, const Target& target,
              const ServerChoice& server) {
  if (!target.hardened && IsForHardened(scenario)) {
    throw UsageError("{}: few servers are meant to survive it: add --hardened if {} is", name,
                     target.name);
  }
  if (!Fits(scenario, target)) {
    throw UsageError("{}: {} and {} speaks {}; choose another target (hupstorm list targets)", name,
                     WhyNotFor(scenario, target), target.name, ProtocolName(target.protocol));
  }
  const std::string why_not = server.place.why_not(scenario);
  if (why_not.empty()) return;
  throw UsageError("{} cannot run in the {} world: {}", name, server.world, why_not);
}

void MakePlan(const std::vector<std::string>& scenarios, const ServerOptions& server, Plan& plan) {
  plan.scenarios = ChooseScenarios(scenarios);
  plan.server = ChooseServer(server);
  for (const Target& target : plan.server.targets) AddJobs(target, plan);
}

}  // namespace hupstorm
