// The form in which a scenario is swept: room at its front for what is to go wrong.

#ifndef HUPSTORM_SCENARIOS_SWEEP_SWEPT_SCENARIO_H_
#define HUPSTORM_SCENARIOS_SWEEP_SWEPT_SCENARIO_H_

#include <vector>

#include "scenarios/language/scenario.h"
#include "scenarios/sweep/disturbance.h"

namespace hupstorm {

class SweptScenario {
 public:
  // How the steps end.
  enum class End : uint8_t {
    kAsWritten,
    // Then all read what is left and half-close, group by group: as a run does when its script is
    // over, but as steps, so that things can go wrong there too.
    kWithDrain,
  };

  // What `scenario` expects of a run in which nothing goes wrong is left out, and rounds after the
  // second.
  SweptScenario(const Scenario& scenario, End end);

  // The steps of `scenario` that are left: those after it come from End::kWithDrain.
  int own_steps() const { return own_steps_; }

  // Each gives an object that the next call of the same function changes in place: no memory is
  // taken.
  const Scenario& Undisturbed() const { return with_[0]; }
  const Scenario& With(const Disturbance& first);
  const Scenario& With(const Disturbance& first, const Disturbance& second);

 private:
  Scenario with_[3];  // as many steps at the front
  int own_steps_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_SWEEP_SWEPT_SCENARIO_H_
