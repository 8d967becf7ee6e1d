#include "scenarios/shrink/disturbances.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scenarios/language/print.h"
#include "scenarios/language/units.h"
#include "scenarios/shrink/shrink.h"

namespace hupstorm {
namespace {

bool Reads(Action action) {
  return action == Action::kRead || action == Action::kReadAll || action == Action::kReadNone;
}

bool Sends(Action action) {
  return action == Action::kSend || action == Action::kSendText || action == Action::kRequest;
}

std::string FaultWords(const Step& step) {
  const FaultRule& fault = step.fault;
  std::string words(CallFamilyName(fault.call));
  if (fault.outcome == FaultOutcome::kShort) {
    words += fmt::format(" {} at most {} {}", fault.call == CallFamily::kSend ? "takes" : "gives",
                         fault.amount, fault.amount == 1 ? "byte" : "bytes");
  } else {
    words += fmt::format(" fails with {}", FaultOutcomeName(fault.outcome));
  }
  return step.fault_client ? words + " for " + ClientsText(*step.fault_client) : words;
}

// "c[1..9] reset", "a resets"; empty for a step that disturbs nothing.
std::string Words(const Step& step) {
  const bool one = step.clients.first == step.clients.last;
  const auto does = [&](std::string_view verb, std::string_view ending = "s",
                        std::string_view rest = "") {
    return fmt::format("{} {}{}{}", ClientsText(step.clients), verb, one ? ending : "", rest);
  };
  switch (step.action) {
    case Action::kSendUrgent:
      return does("send", "s", " urgent data");
    case Action::kShutdownWrite:
      return does("half-close");
    case Action::kClose:
      return does("close");
    case Action::kReset:
      return does("reset");
    case Action::kVanish:
      return does("vanish", "es");
    case Action::kReadNone:
      return does("stop", "s", " reading");
    case Action::kBuffer:
      return fmt::format("a receive buffer of {} for {}", FormatSize(step.amount),
                         ClientsText(step.clients));
    case Action::kServerStop:
      return "the server is asked to stop";
    case Action::kServerRestart:
      return "the server is started again";
    case Action::kServerInterrupt:
      return "the call that the server sleeps in is interrupted";
    case Action::kServerBufferSend:
      return fmt::format("send buffers of {}", FormatSize(step.amount));
    case Action::kServerBufferReceive:
      return fmt::format("receive buffers of {}", FormatSize(step.amount));
    case Action::kLimitDescriptors:
      return fmt::format("room for {} descriptors", step.amount);
    case Action::kLimitMinus:
      return fmt::format("room for {} descriptors fewer than are open", step.amount);
    case Action::kWait:
      return fmt::format("{} go by", FormatDuration(step.amount));
    case Action::kFault:
      return FaultWords(step);
    default:
      return {};
  }
}

// " inside recv 2 of a in one batch with the step before".
std::string TimingWords(const Step& step) {
  std::string words;
  if (step.at) {
    words += fmt::format(" inside {} {}", CallFamilyName(step.at->call), step.at->occurrence);
    if (step.at->client) words += " of " + ClientsText(*step.at->client);
  }
  return step.together ? words + " in one batch with the step before" : words;
}

// The step that says when the clients which connect with step `connect` do not read; that step if
// none does. Nothing if they read all from the start, or are sent nothing.
const Step* NotReading(const Scenario& scenario, const Step& connect) {
  bool sends = false;
  const Step* reads = nullptr;
  for (const Step& step : scenario.steps) {
    if (!IsClientAction(step.action) || !Overlap(step.clients, connect.clients)) continue;
    if (step.action == Action::kReadAll && !sends) return nullptr;
    sends = sends || Sends(step.action);
    if (reads == nullptr && Reads(step.action)) reads = &step;
  }
  if (!sends) return nullptr;
  return reads == nullptr ? &connect : reads;
}

bool IsPlain(const Step& step) {
  return IsClientAction(step.action) && !Reads(step.action) && (step.at || step.together);
}

}  // namespace

std::vector<StepDisturbance> DisturbancesOf(const Scenario& scenario) {
  using Kind = StepDisturbance::Kind;
  std::vector<StepDisturbance> found;
  std::vector<Clients> unread;
  for (size_t i = 0; i < scenario.steps.size(); ++i) {
    const Step& step = scenario.steps[i];
    if (std::string words = Words(step); !words.empty()) {
      found.push_back({Kind::kStep, i, words + TimingWords(step), step.line});
    } else if (IsPlain(step)) {
      Step by_itself = step;
      by_itself.at.reset();
      by_itself.together = false;
      found.push_back({Kind::kTiming, i, PrintStep(by_itself) + TimingWords(step), step.line});
    }
    // A client that connects once more is the same one.
    if (step.action != Action::kConnect ||
        std::find(unread.begin(), unread.end(), step.clients) != unread.end()) {
      continue;
    }
    unread.push_back(step.clients);
    if (const Step* const reads = NotReading(scenario, step)) {
      const bool one = step.clients.first == step.clients.last;
      found.push_back({Kind::kNotReading, i,
                       fmt::format("{} {} not read{}", ClientsText(step.clients),
                                   one ? "does" : "do", reads == &step ? "" : " all at once"),
                       reads->line});
    }
  }
  return found;
}

Scenario Without(const Scenario& scenario, const std::vector<StepDisturbance>& taken) {
  using Kind = StepDisturbance::Kind;
  Scenario rest = scenario;
  rest.steps.clear();
  std::vector<Clients> readers;
  for (const StepDisturbance& one : taken) {
    if (one.kind == Kind::kNotReading) readers.push_back(scenario.steps[one.step].clients);
  }
  for (size_t i = 0; i < scenario.steps.size(); ++i) {
    const auto is_taken = [&](Kind kind) {
      return std::any_of(taken.begin(), taken.end(), [&](const StepDisturbance& one) {
        return one.kind == kind && one.step == i;
      });
    };
    Step step = scenario.steps[i];
    if (is_taken(Kind::kStep)) continue;
    const bool is_reading = step.action == Action::kRead || step.action == Action::kReadAll;
    if (is_reading && std::find(readers.begin(), readers.end(), step.clients) != readers.end()) {
      continue;
    }
    if (is_taken(Kind::kTiming)) {
      step.at.reset();
      step.together = false;
    }
    rest.steps.push_back(step);
    if (!is_taken(Kind::kNotReading)) continue;
    Step read;
    read.action = Action::kReadAll;
    read.clients = step.clients;
    rest.steps.push_back(std::move(read));
  }
  MakeValid(rest);
  return rest;
}

}  // namespace hupstorm
