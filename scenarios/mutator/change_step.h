// Changes to a single step. Each returns false, and leaves `step` as it was, where it has nothing
// of the kind. `cast` are the clients who are there before the step.

#ifndef HUPSTORM_SCENARIOS_MUTATOR_CHANGE_STEP_H_
#define HUPSTORM_SCENARIOS_MUTATOR_CHANGE_STEP_H_

#include "base/random.h"
#include "scenarios/language/scenario.h"
#include "scenarios/mutator/plausible_step.h"
#include "target/target.h"

namespace hupstorm {

// Into a call of the server, where it is in none.
bool PlaceStep(Step& step, const Cast& cast, Protocol protocol, Random& random);
// Out of it.
bool UnplaceStep(Step& step, const Cast& cast, Protocol protocol, Random& random);
// Another call, another occurrence, or another client's.
bool ChangePlacement(Step& step, const Cast& cast, Protocol protocol, Random& random);
// With the step before in one batch, or no longer.
bool JoinStep(Step& step, const Cast& cast, Protocol protocol, Random& random);
// Other clients do it; of a fault, it happens to others.
bool ChangeWho(Step& step, const Cast& cast, Protocol protocol, Random& random);
// A group acts one after another, or no longer.
bool ChangeEach(Step& step, const Cast& cast, Protocol protocol, Random& random);
// The same clients do something else.
bool ChangeWhat(Step& step, const Cast& cast, Protocol protocol, Random& random);
// Another duration.
bool ChangeHowLong(Step& step, const Cast& cast, Protocol protocol, Random& random);
// Another amount of bytes or descriptors, or another text.
bool ChangeHowMuch(Step& step, const Cast& cast, Protocol protocol, Random& random);
// Another call, outcome or number of calls, of those that Linux may produce.
bool ChangeFault(Step& step, const Cast& cast, Protocol protocol, Random& random);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_MUTATOR_CHANGE_STEP_H_
