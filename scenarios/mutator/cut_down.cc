#include "scenarios/mutator/cut_down.h"

#include <algorithm>

#include "scenarios/language/actions.h"
#include "scenarios/mutator/work_limit.h"

namespace hupstorm {
namespace {

Step& Dearest(Scenario& scenario) {
  return *std::max_element(
      scenario.steps.begin(), scenario.steps.end(),
      [](const Step& a, const Step& b) { return EstimateCalls(a) < EstimateCalls(b); });
}

// All steps of these clients stay steps of the same clients.
void ShrinkCrowd(Scenario& scenario, const Clients old) {
  const uint32_t count = old.last - old.first + 1;
  const uint32_t wanted = count > 32 ? 24 : count / 2;
  for (Step& step : scenario.steps) {
    if (step.clients == old) step.clients.last = old.first + wanted - 1;
  }
}

// One of few steps, several of many.
void DropSteps(Scenario& scenario, Random& random) {
  const size_t count = scenario.steps.size();
  if (count == 1) {
    scenario.steps.front() = Step{};
    return;
  }
  const size_t drops = 1 + count / 16;
  const auto first =
      scenario.steps.begin() + static_cast<ptrdiff_t>(random.Below(count - drops + 1));
  scenario.steps.erase(first, first + static_cast<ptrdiff_t>(drops));
}

// A large crowd matters more than what it does. False if the crowd is small, does nothing but
// connect or does all that is done, and now and then.
bool ForgetWhatCrowdDoes(Scenario& scenario, const Clients crowd, Random& random) {
  if (crowd.last - crowd.first < 100 || random.OneIn(4)) return false;
  const auto is_forgotten = [&](const Step& step) {
    return step.clients == crowd && step.action != Action::kConnect;
  };
  const auto& steps = scenario.steps;
  if (std::all_of(steps.begin(), steps.end(), is_forgotten)) return false;
  return std::erase_if(scenario.steps, is_forgotten) > 0;
}

// Makes one thing smaller, which is always possible.
void CutOnce(Scenario& scenario, Random& random) {
  if (scenario.rounds > 1 && random.OneIn(2)) {
    scenario.rounds = scenario.rounds > 4 ? 4 : scenario.rounds - 1;
    return;
  }
  // Endless short operations make everything dear, although each step by itself is cheap.
  const auto for_ever =
      std::find_if(scenario.steps.begin(), scenario.steps.end(), [](const Step& step) {
        return step.action == Action::kFault && step.fault.outcome == FaultOutcome::kShort &&
               step.fault.times > 3;
      });
  if (for_ever != scenario.steps.end() && random.OneIn(2)) {
    for_ever->fault.times = 3;
    return;
  }
  Step& dearest = Dearest(scenario);
  const bool crowd =
      IsClientAction(dearest.action) && dearest.clients.first != dearest.clients.last;
  const bool much = dearest.amount > 1024 && RowOf(dearest.action).operand != Operand::kDescriptors;
  if (crowd && ForgetWhatCrowdDoes(scenario, dearest.clients, random)) return;
  if (crowd && (!much || random.OneIn(2))) {
    ShrinkCrowd(scenario, dearest.clients);
  } else if (much) {
    dearest.amount = std::max<uint64_t>(dearest.amount / 4, 1024);
  } else {
    DropSteps(scenario, random);
  }
}

}  // namespace

void CutDown(Scenario& scenario, uint64_t most_calls, Random& random) {
  while (EstimateCalls(scenario) > most_calls) CutOnce(scenario, random);
}

}  // namespace hupstorm
