#include "scenarios/sweep/swept_scenario.h"

#include <algorithm>

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

}  // namespace

SweptScenario::SweptScenario(const Scenario& scenario, End end) {
  Scenario& plain = with_[0];
  plain = scenario;
  plain.rounds = std::min(plain.rounds, kMostRounds);
  std::erase_if(plain.steps, [](const Step& step) { return IsExpect(step.action); });
  own_steps_ = static_cast<int>(plain.steps.size());
  if (end == End::kWithDrain) {
    const std::vector<Clients> groups = Groups(plain);
    for (const Action action : {Action::kReadAll, Action::kShutdownWrite}) {
      for (const Clients& clients : groups) {
        Step& step = plain.steps.emplace_back();
        step.action = action;
        step.clients = clients;
      }
    }
  }
  if (!plain.steps.empty()) plain.steps.front().together = false;
  for (int i = 1; i <= 2; ++i) {
    with_[i] = plain;
    with_[i].steps.insert(with_[i].steps.begin(), static_cast<size_t>(i), Step{});
  }
}

const Scenario& SweptScenario::With(const Disturbance& first) {
  Write(first, with_[1].steps[0]);
  return with_[1];
}

const Scenario& SweptScenario::With(const Disturbance& first, const Disturbance& second) {
  Write(first, with_[2].steps[0]);
  Write(second, with_[2].steps[1]);
  return with_[2];
}

}  // namespace hupstorm
