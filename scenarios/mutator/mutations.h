// Each single change that the mutator makes to a scenario, with how often it is chosen.

#ifndef HUPSTORM_SCENARIOS_MUTATOR_MUTATIONS_H_
#define HUPSTORM_SCENARIOS_MUTATOR_MUTATIONS_H_

#include <span>
#include <string_view>

#include "base/random.h"
#include "scenarios/language/scenario.h"
#include "target/target.h"

namespace hupstorm {

struct Mutation {
  std::string_view name;  // "insert-step"
  int weight;             // 1 at least
  // Changes `scenario`, which has one step at least, and still has afterwards. False, and nothing
  // is changed, if there is nothing of the kind to change. What it leaves may be large, and its
  // first step joined to nothing: TidyScenario and the limits come after.
  bool (*apply)(Scenario& scenario, Protocol protocol, Random& random);
};

// All of them, in a fixed order.
std::span<const Mutation> Mutations();

// Makes `scenario` one that encodes and decodes to itself: no expectations, one step at least, the
// first joined to nothing, no more steps and text than a scenario may have.
void TidyScenario(Scenario& scenario);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_MUTATOR_MUTATIONS_H_
