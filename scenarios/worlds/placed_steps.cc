#include "scenarios/worlds/placed_steps.h"

namespace hupstorm {

std::vector<int> PlacedSteps::TakeAll() {
  std::vector<int> steps;
  for (const Placed& placed : placed_) steps.push_back(placed.step);
  placed_.clear();
  return steps;
}

std::vector<int> PlacedSteps::TakeDue(CallFamily family, const ClientFacts* client) {
  constexpr size_t kMostAtOnce = 8;
  std::vector<int> due;
  for (size_t i = 0; i < placed_.size() && due.size() < kMostAtOnce;) {
    Placed& placed = placed_[i];
    const Placement& at = placed.at;
    bool fits = at.call == CallFamily::kAny || at.call == family;
    if (fits && at.client) {
      fits = client != nullptr && client->letter == at.client->letter &&
             client->index == at.client->first;
    }
    if (fits && ++placed.seen == at.occurrence) {
      due.push_back(placed.step);
      placed_.erase(placed_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  return due;
}

}  // namespace hupstorm
