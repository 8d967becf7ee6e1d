// The steps that are set to fall inside a call of the server and wait for it.

#ifndef HUPSTORM_SCENARIOS_WORLDS_PLACED_STEPS_H_
#define HUPSTORM_SCENARIOS_WORLDS_PLACED_STEPS_H_

#include <cstdint>
#include <vector>

#include "scenarios/language/scenario.h"
#include "scenarios/oracles/ledger.h"

namespace hupstorm {

// Steps are indices into Scenario::steps.
class PlacedSteps {
 public:
  void Clear() { placed_.clear(); }
  bool empty() const { return placed_.empty(); }
  void Add(int step, const Placement& at) { placed_.push_back({step, at, 0}); }
  // Takes away all steps whose call has not come, and returns them.
  std::vector<int> TakeAll();
  // Counts a call of the server's, on the connection of `client` (null for none). Takes away the
  // steps that fall inside it, and returns them.
  std::vector<int> TakeDue(CallFamily family, const ClientFacts* client);

 private:
  struct Placed {
    int step;
    Placement at;
    uint32_t seen;
  };
  std::vector<Placed> placed_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_PLACED_STEPS_H_
