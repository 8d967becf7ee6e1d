// New steps that may well lead to something at their place: which clients have connected matters.

#ifndef HUPSTORM_SCENARIOS_MUTATOR_PLAUSIBLE_STEP_H_
#define HUPSTORM_SCENARIOS_MUTATOR_PLAUSIBLE_STEP_H_

#include <span>
#include <vector>

#include "base/random.h"
#include "scenarios/language/scenario.h"

namespace hupstorm {

// The clients that are there when a script has come to some place.
class Cast {
 public:
  explicit Cast(std::span<const Step> before);

  bool IsEmpty() const { return present_.empty(); }
  // Usually all clients of one of the steps before, sometimes some of them; now and then others.
  Clients Pick(Random& random) const;
  // Usually one that is not there yet.
  Clients PickNew(Random& random) const;
  // One client.
  Clients PickOne(Random& random) const;

 private:
  std::vector<Clients> present_;  // as they connected
};

// One step for the place that `cast` is there at. Not placed in a call, not joined to another.
Step PlausibleStep(const Cast& cast, Protocol protocol, Random& random);

// What a client does from its connect on, or a crowd, up to its end or not: connect, send, read,
// half-close and so on, 2 to 6 steps. Some may be joined, or placed in a call.
std::vector<Step> PlausibleLife(const Cast& cast, Protocol protocol, Random& random);

// Where inside the server a step of `clients` may fall, about the same client more often than not.
Placement PlausiblePlacement(const Cast& cast, Random& random);

// `step` with its operands (amount, text, fault) chosen anew for its action.
void ChooseOperands(Step& step, const Cast& cast, Protocol protocol, Random& random);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_MUTATOR_PLAUSIBLE_STEP_H_
