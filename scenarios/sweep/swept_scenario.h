// The form in which a scenario is swept: room at its front for what is to go wrong.

#ifndef HUPSTORM_SCENARIOS_SWEEP_SWEPT_SCENARIO_H_
#define HUPSTORM_SCENARIOS_SWEEP_SWEPT_SCENARIO_H_

#include "scenarios/language/scenario.h"
#include "scenarios/sweep/enumerate.h"

namespace hupstorm {

// What the scenario expects of a run in which nothing goes wrong is left out, and rounds after the
// second.
//
// A run brings itself to its end when its script is over, and nothing can be placed there. So there
// is a second form, in which all clients then read what is left and half-close, as steps.
class SweptScenario {
 public:
  explicit SweptScenario(const Scenario& scenario);

  // Steps of the scenario's own.
  int own_steps() const { return own_steps_; }

  const Scenario& Undisturbed() const { return as_written_[0]; }
  const Scenario& UndisturbedWithDrain() const { return with_drain_[0]; }
  // Each gives an object that the next call of the same function changes in place: no memory is
  // taken. In the second form if something goes wrong in the drain.
  const Scenario& With(const Disturbance& first);
  const Scenario& With(const Disturbance& first, const Disturbance& second);
  const Scenario& WithAndDrain(const Disturbance& first);  // always in the second form

 private:
  // With as many steps at the front.
  Scenario as_written_[3];
  Scenario with_drain_[3];
  int own_steps_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_SWEEP_SWEPT_SCENARIO_H_
