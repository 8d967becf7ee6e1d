// Makes scenarios cheaper, and changes as little of what they do as it can.

#ifndef HUPSTORM_SCENARIOS_MUTATOR_CUT_DOWN_H_
#define HUPSTORM_SCENARIOS_MUTATOR_CUT_DOWN_H_

#include <cstdint>

#include "base/random.h"
#include "scenarios/language/scenario.h"

namespace hupstorm {

// Takes rounds, clients, bytes, time and at last steps from `scenario` until it costs `most_calls`
// or less, as EstimateCalls (work_limit.h) has it. One step at least is left. `most_calls` is that
// of the smallest scenario (one client connects) at least.
void CutDown(Scenario& scenario, uint64_t most_calls, Random& random);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_MUTATOR_CUT_DOWN_H_
