// Random scenarios that use every field of the language up to its limits.

#ifndef HUPSTORM_TESTS_SCENARIOS_LANGUAGE_GENERATE_H_
#define HUPSTORM_TESTS_SCENARIOS_LANGUAGE_GENERATE_H_

#include <rapidcheck.h>

#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "scenarios/language/print.h"
#include "scenarios/language/scenario.h"

namespace hupstorm {

// How rapidcheck prints what failed.
inline void showValue(const Scenario& scenario, std::ostream& out) {
  out << PrintScenario(scenario);
}

namespace generate {

// From `min` to `max`, with the ends and small numbers likelier than chance has them.
inline uint64_t Number(uint64_t min, uint64_t max) {
  return *rc::gen::oneOf(
      rc::gen::element(min, max),
      rc::gen::map(rc::gen::arbitrary<uint64_t>(),
                   [=](uint64_t n) { return min + n % (std::min<uint64_t>(max - min, 300) + 1); }),
      rc::gen::map(rc::gen::arbitrary<uint64_t>(), [=](uint64_t n) {
        // rapidcheck's integers grow with its size parameter only, so spread them.
        return min + (n * 0x9e3779b97f4a7c15) % (max - min + 1);
      }));
}

inline bool Flag() { return *rc::gen::arbitrary<bool>(); }

inline Clients OneClient() {
  const auto index = Flag() ? 0 : static_cast<uint32_t>(Number(0, kMaxClientIndex));
  return {static_cast<char>('a' + Number(0, Flag() ? 3 : 25)), index, index};
}

inline Clients AnyClients() {
  Clients clients = OneClient();
  if (Flag()) clients.last = static_cast<uint32_t>(Number(clients.first, kMaxClientIndex));
  return clients;
}

inline std::string Text() {
  std::string text = *rc::gen::nonEmpty(rc::gen::container<std::string>(
      rc::gen::map(rc::gen::arbitrary<uint8_t>(), [](uint8_t b) { return static_cast<char>(b); })));
  if (Number(0, 200) == 77) text.resize(Number(1, kMaxText), '\xe6');
  return text;
}

inline void Fault(Step& step) {
  const auto legal = LegalFaults();
  const LegalFault& fault = legal[Number(0, legal.size() - 1)];
  step.fault.call = fault.call;
  step.fault.outcome = fault.outcome;
  if (fault.outcome == FaultOutcome::kShort) {
    step.fault.amount = static_cast<uint32_t>(Number(1, kMaxSend));
  }
  step.fault.after = static_cast<uint32_t>(Number(0, kMaxOccurrence));
  step.fault.times = Flag() ? kAlways : static_cast<uint32_t>(Number(1, kMaxOccurrence));
  if (!Flag()) step.fault_client = OneClient();
}

inline void Amount(Step& step) {
  switch (step.action) {
    case Action::kSend:
    case Action::kRequestFirst:
    case Action::kRead:
    case Action::kBuffer:
    case Action::kServerBufferSend:
    case Action::kServerBufferReceive:
      step.amount = Number(1, kMaxSend);
      break;
    case Action::kRequest:
      step.amount = Number(0, kMaxSend);
      break;
    case Action::kWait:
      step.amount = Number(1, kMaxWaitNs);
      break;
    case Action::kLimitDescriptors:
    case Action::kLimitMinus:
      step.amount = Number(0, kMaxDescriptors);
      break;
    case Action::kExpectReceived:
    case Action::kExpectReceivedAtLeast:
      step.amount = Number(0, kMaxReceived);
      break;
    default:
      break;
  }
}

// `before`: the step before it, null for the first.
inline hupstorm::Step Step(const hupstorm::Step* before, bool expectations) {
  hupstorm::Step step;
  const int actions =
      expectations ? kActionCount : static_cast<int>(hupstorm::Action::kExpectReceived);
  step.action = static_cast<Action>(Number(0, actions - 1));
  Amount(step);
  const bool about_server = step.action >= Action::kExpectServerRunning;
  if (IsClientAction(step.action) || (IsExpect(step.action) && !about_server)) {
    step.clients = AnyClients();
  }
  if (step.action == Action::kSendText || step.action == Action::kExpectReceivedText) {
    step.text = Text();
  }
  if (step.action == Action::kFault) Fault(step);
  if (IsExpect(step.action)) return step;
  step.each = IsClientAction(step.action) && Flag();
  step.together = before != nullptr && !IsExpect(before->action) && Flag();
  if (Number(0, 3) == 0) {
    Placement& at = step.at.emplace();
    at.call = static_cast<CallFamily>(Number(0, static_cast<int>(CallFamily::kOther) - 1));
    at.occurrence = static_cast<uint32_t>(Number(1, kMaxOccurrence));
    if (!Flag()) at.client = OneClient();
  }
  return step;
}

inline rc::Gen<hupstorm::Scenario> Scenarios(bool expectations) {
  return rc::gen::exec([expectations] {
    hupstorm::Scenario scenario;
    const auto protocol = Number(0, 3);
    scenario.protocol = static_cast<Protocol>(protocol);
    if (protocol == 3) scenario.protocol = std::nullopt;
    scenario.rounds = Flag() ? 1 : static_cast<uint32_t>(Number(1, kMaxRounds));
    scenario.schedule = Flag() ? 0 : static_cast<uint32_t>(Number(1, kMaxSchedule));
    const uint64_t count = *rc::gen::inRange(1, 12);
    for (uint64_t i = 0; i < count; ++i) {
      scenario.steps.push_back(Step(i == 0 ? nullptr : &scenario.steps.back(), expectations));
    }
    return scenario;
  });
}

}  // namespace generate
}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_SCENARIOS_LANGUAGE_GENERATE_H_
