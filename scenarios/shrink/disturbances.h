// What disturbs a server in a scenario, and the scenario without some of it.
//
// A disturbance is a step that makes one thing go wrong, or come at an awkward time:
// - each fault, each limit on descriptors, each size of a buffer;
// - a client's half-close, close, reset, urgent data, that it vanishes or stops reading;
// - that a client which sends does not read, or reads late or a part alone: without it it reads all
//   from the start;
// - SIGTERM, a restart, an interrupted call, and time that goes by;
// - that any other step falls inside a call, or comes in one batch with the step before: without it
//   the step is carried out by itself.
// What clients say, that they connect, and what is expected is none.

#ifndef HUPSTORM_SCENARIOS_SHRINK_DISTURBANCES_H_
#define HUPSTORM_SCENARIOS_SHRINK_DISTURBANCES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "scenarios/language/scenario.h"

namespace hupstorm {

struct StepDisturbance {
  enum class Kind : uint8_t { kStep, kTiming, kNotReading };
  Kind kind = Kind::kStep;
  size_t step = 0;   // its index; of kNotReading that with which the client connects
  std::string what;  // "a half-closes", "send takes at most 7 bytes"
  int line = 0;      // in the scenario's text
};

// In the order of the steps.
std::vector<StepDisturbance> DisturbancesOf(const Scenario& scenario);

// `scenario` without `taken`, which are disturbances of it. Lines stay as they are.
Scenario Without(const Scenario& scenario, const std::vector<StepDisturbance>& taken);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_SHRINK_DISTURBANCES_H_
