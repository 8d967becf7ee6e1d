#include "scenarios/language/fit.h"

#include <fmt/format.h>

#include <algorithm>

namespace hupstorm {
namespace {

bool Has(const Scenario& scenario, Action action) {
  return std::any_of(scenario.steps.begin(), scenario.steps.end(),
                     [action](const Step& step) { return step.action == action; });
}

bool IsExpectedAtCall(const Step& step) { return step.at && IsExpect(step.action); }

}  // namespace

bool IsKnownToTheByte(const Target& target) {
  const bool documented = target.protocol == Protocol::kAck || target.protocol == Protocol::kHttp;
  return target.protocol == Protocol::kEcho || (documented && !target.third_party);
}

Protocol WrittenFor(const Target& target) {
  if (target.protocol == Protocol::kNone) return Protocol::kEcho;
  if (target.protocol != Protocol::kExpect) return target.protocol;
  return target.exchange->close ? Protocol::kHttp : Protocol::kEcho;
}

bool IsForHardened(const Scenario& scenario) {
  return std::any_of(scenario.steps.begin(), scenario.steps.end(), [](const Step& step) {
    return step.action == Action::kLimitMinus ||
           (step.action == Action::kFault && step.fault.call == CallFamily::kWait &&
            step.fault.outcome == FaultOutcome::kEnomem);
  });
}

std::string WhyNotFor(const Scenario& scenario, const Target& target) {
  if (scenario.protocol && *scenario.protocol != WrittenFor(target)) {
    return fmt::format("it is written for {} servers", ProtocolName(scenario.protocol));
  }
  if (target.third_party &&
      std::any_of(scenario.steps.begin(), scenario.steps.end(), IsExpectedAtCall)) {
    return "it expects something at one of the server's calls, which only a known server is held "
           "to";
  }
  if (!target.hardened && IsForHardened(scenario)) {
    return "it is for hardened servers (--hardened)";
  }
  if (target.protocol != Protocol::kExpect) return "";
  if (Has(scenario, Action::kSendText)) {
    return "it sends a text of its own, and only one request is known";
  }
  if (Has(scenario, Action::kSendUrgent)) return "it sends urgent data in the middle of requests";
  return "";
}

bool IsExpectedOf(const Target& target, const Scenario& scenario, const Step& step) {
  // How long a server takes to stop is its own affair: shutdown-hang judges whether it does.
  if (target.third_party && step.action == Action::kExpectServerStopped) return false;
  if (!scenario.protocol || IsKnownToTheByte(target)) return true;
  switch (step.action) {
    case Action::kExpectReceived:
    case Action::kExpectReceivedAtLeast:
    case Action::kExpectReceivedText:
      return false;
    case Action::kExpectEof:
    case Action::kExpectReset:
    case Action::kExpectOpen:
      return target.protocol != Protocol::kNone;
    default:
      return true;
  }
}

std::string_view ProtocolName(Protocol protocol) {
  constexpr std::string_view kNames[] = {"echo", "ack", "http", "none", "expect"};
  return kNames[static_cast<size_t>(protocol)];
}

}  // namespace hupstorm
