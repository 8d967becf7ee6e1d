// In which ways one step can be made simpler.

#ifndef HUPSTORM_SCENARIOS_SHRINK_SIMPLER_STEP_H_
#define HUPSTORM_SCENARIOS_SHRINK_SIMPLER_STEP_H_

#include <cstdint>
#include <vector>

#include "scenarios/language/scenario.h"
#include "scenarios/shrink/least.h"

namespace hupstorm {

// `step` without one of its words, or with a plainer action. Each lacks something that the others
// of its kind never bring back, so that taking one after another ends.
std::vector<Step> SimplerSteps(const Step& step);

// A number in a step that may be lowered.
struct StepNumber {
  uint64_t value = 0;
  uint64_t least = 0;  // that the language allows
  NumberKind kind = NumberKind::kCount;
  void (*set)(Step& step, uint64_t value) = nullptr;
};

// Those of `step` that are not as low as they can be. What is expected has none: another number
// expects another thing.
std::vector<StepNumber> NumbersOf(const Step& step);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_SHRINK_SIMPLER_STEP_H_
