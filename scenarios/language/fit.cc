#include "scenarios/language/fit.h"

#include <fmt/format.h>

#include <algorithm>

namespace hupstorm {
namespace {

bool Has(const Scenario& scenario, Action action) {
  return std::any_of(scenario.steps.begin(), scenario.steps.end(),
                     [action](const Step& step) { return step.action == action; });
}

// Its answers are those that the suite was written for.
bool IsKnownToTheByte(const Target& target) {
  switch (target.protocol) {
    case Protocol::kEcho:
      return true;
    case Protocol::kAck:
    case Protocol::kHttp:
      return !target.third_party;
    case Protocol::kNone:
    case Protocol::kExpect:
      break;
  }
  return false;
}

}  // namespace

Protocol WrittenFor(const Target& target) {
  switch (target.protocol) {
    case Protocol::kNone:
      return Protocol::kEcho;
    case Protocol::kExpect:
      return target.exchange->close ? Protocol::kHttp : Protocol::kEcho;
    case Protocol::kEcho:
    case Protocol::kAck:
    case Protocol::kHttp:
      break;
  }
  return target.protocol;
}

std::string WhyNotFor(const Scenario& scenario, const Target& target) {
  if (scenario.protocol && *scenario.protocol != WrittenFor(target)) {
    return fmt::format("it is written for {} servers", ProtocolName(scenario.protocol));
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
  switch (protocol) {
    case Protocol::kEcho:
      return "echo";
    case Protocol::kAck:
      return "ack";
    case Protocol::kHttp:
      return "http";
    case Protocol::kNone:
      return "none";
    case Protocol::kExpect:
      return "expect";
  }
  return "?";
}

std::string_view ProtocolName(const std::optional<Protocol>& protocol) {
  return protocol ? ProtocolName(*protocol) : "any";
}

}  // namespace hupstorm
