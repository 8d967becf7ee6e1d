#include "scenarios/sweep/swept_scenario.h"

#include <algorithm>
#include <vector>

namespace hupstorm {
namespace {

constexpr uint32_t kMostRounds = 2;

// The clients that connect, in the order in which they do.
std::vector<Clients> Groups(const Scenario& scenario) {
  std::vector<Clients> groups;
  for (const Step& step : scenario.steps) {
    if (step.action != Action::kConnect) continue;
    if (std::find(groups.begin(), groups.end(), step.clients) == groups.end()) {
      groups.push_back(step.clients);
    }
  }
  return groups;
}

void AddDrain(Scenario& scenario) {
  const std::vector<Clients> groups = Groups(scenario);
  for (const Action action : {Action::kReadAll, Action::kShutdownWrite}) {
    for (const Clients& clients : groups) {
      Step& step = scenario.steps.emplace_back();
      step.action = action;
      step.clients = clients;
    }
  }
}

}  // namespace

SweptScenario::SweptScenario(const Scenario& scenario) {
  Scenario& plain = as_written_[0];
  plain = scenario;
  plain.rounds = std::min(plain.rounds, kMostRounds);
  std::erase_if(plain.steps, [](const Step& step) { return IsExpect(step.action); });
  if (!plain.steps.empty()) plain.steps.front().together = false;
  own_steps_ = static_cast<int>(plain.steps.size());
  with_drain_[0] = plain;
  AddDrain(with_drain_[0]);
  for (Scenario* const form : {as_written_, with_drain_}) {
    for (size_t i = 1; i <= 2; ++i) {
      form[i] = form[0];
      form[i].steps.insert(form[i].steps.begin(), i, Step{});
    }
  }
}

const Scenario& SweptScenario::With(const Disturbance& first) {
  Scenario& scenario = (first.in_drain ? with_drain_ : as_written_)[1];
  Write(first, scenario.steps[0]);
  return scenario;
}

const Scenario& SweptScenario::WithAndDrain(const Disturbance& first) {
  Write(first, with_drain_[1].steps[0]);
  return with_drain_[1];
}

const Scenario& SweptScenario::With(const Disturbance& first, const Disturbance& second) {
  Scenario& scenario = (second.in_drain ? with_drain_ : as_written_)[2];
  Write(first, scenario.steps[0]);
  Write(second, scenario.steps[1]);
  return scenario;
}

}  // namespace hupstorm
