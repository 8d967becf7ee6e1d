#include "scenarios/mutator/change_step.h"

#include <algorithm>

#include "scenarios/mutator/telling_values.h"

namespace hupstorm {

bool PlaceStep(Step& step, const Cast& cast, Protocol, Random& random) {
  if (step.at) return false;
  step.at = PlausiblePlacement(cast, random);
  step.together = false;
  return true;
}

bool UnplaceStep(Step& step, const Cast&, Protocol, Random&) {
  if (!step.at) return false;
  step.at.reset();
  return true;
}

bool ChangePlacement(Step& step, const Cast& cast, Protocol, Random& random) {
  if (!step.at) return false;
  switch (random.Below(3)) {
    case 0:
      step.at->call = TellingCall(random);
      return true;
    case 1:
      step.at->occurrence = random.OneIn(2) ? std::min(step.at->occurrence + 1, kMaxOccurrence)
                                            : TellingOccurrence(random);
      return true;
    default:
      step.at->any_client = !step.at->any_client && random.OneIn(2);
      step.at->client = step.at->any_client ? Clients{} : cast.PickOne(random);
      return true;
  }
}

bool JoinStep(Step& step, const Cast&, Protocol, Random&) {
  step.together = !step.together;
  return true;
}

bool ChangeWho(Step& step, const Cast& cast, Protocol, Random& random) {
  if (step.action == Action::kFault) {
    step.fault_any_client = !step.fault_any_client;
    step.fault_client = step.fault_any_client ? Clients{} : cast.PickOne(random);
    return true;
  }
  if (!IsClientAction(step.action)) return false;
  if (random.OneIn(4)) {
    const uint32_t count = TellingCrowd(random);
    step.clients.last = std::min(step.clients.first + count - 1, kMaxClientIndex);
  } else {
    step.clients = step.action == Action::kConnect ? cast.PickNew(random) : cast.Pick(random);
  }
  return true;
}

bool ChangeEach(Step& step, const Cast&, Protocol, Random&) {
  if (!IsClientAction(step.action) || step.clients.first == step.clients.last) return false;
  step.each = !step.each;
  return true;
}

bool ChangeWhat(Step& step, const Cast& cast, Protocol protocol, Random& random) {
  if (!IsClientAction(step.action)) return false;
  Step other = PlausibleStep(cast, protocol, random);
  if (!IsClientAction(other.action)) return false;
  other.clients = step.clients;
  other.each = step.each;
  other.together = step.together;
  other.at = step.at;
  step = std::move(other);
  return true;
}

bool ChangeHowLong(Step& step, const Cast&, Protocol, Random& random) {
  if (step.action != Action::kWait) return false;
  step.amount = TellingWait(random);
  return true;
}

bool ChangeHowMuch(Step& step, const Cast& cast, Protocol protocol, Random& random) {
  if (step.action == Action::kWait || step.action == Action::kFault) return false;
  if (step.action == Action::kSendText && !random.OneIn(3)) {
    step.text = ChangedText(step.text, protocol, random);
    return true;
  }
  if (step.amount > 1 && step.action != Action::kLimitDescriptors && random.OneIn(4)) {
    // Around what it is: one more, one less, double, half.
    const uint64_t others[] = {step.amount + 1, step.amount - 1, step.amount * 2, step.amount / 2};
    step.amount = std::min(random.Pick(others), kMaxSend);
    return true;
  }
  const Step before = step;
  ChooseOperands(step, cast, protocol, random);
  return !(step == before);
}

bool ChangeFault(Step& step, const Cast& cast, Protocol protocol, Random& random) {
  if (step.action != Action::kFault) return false;
  if (random.OneIn(2)) {
    ChooseOperands(step, cast, protocol, random);
  } else {
    TellingTimes(step.fault, random);
  }
  return true;
}

}  // namespace hupstorm
