#include "scenarios/sweep/disturbance.h"

namespace hupstorm {

void Write(const Disturbance& disturbance, Step& step) {
  step.action = disturbance.action;
  step.at = disturbance.at;
  step.clients = disturbance.client;
  step.amount = disturbance.action == Action::kWait ? kSweepWaitNs : 0;
  step.fault = {};
  if (disturbance.action != Action::kFault) return;
  step.fault.call = disturbance.at.call;
  step.fault.outcome = disturbance.outcome;
  step.fault.amount = disturbance.amount;
}

}  // namespace hupstorm
