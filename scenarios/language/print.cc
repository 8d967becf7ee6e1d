#include "scenarios/language/print.h"

#include <fmt/format.h>

#include "scenarios/language/lexer.h"
#include "scenarios/language/units.h"

namespace hupstorm {
namespace {

std::string QuotedText(const std::string& text) { return fmt::format("\"{}\"", EscapeText(text)); }

std::string FaultText(const Step& step) {
  const FaultRule& rule = step.fault;
  std::string text = fmt::format("fault {}", CallFamilyName(rule.call));
  if (!step.fault_any_client) text += fmt::format(" of {}", ClientsText(step.fault_client));
  text += fmt::format(" {}", FaultOutcomeName(rule.outcome));
  if (rule.outcome == FaultOutcome::kShort) text += fmt::format(" {}", rule.amount);
  if (rule.after != 0) text += fmt::format(" after {}", rule.after);
  if (rule.times == 1) return text + " once";
  if (rule.times == kAlways) return text + " always";
  return text + fmt::format(" times {}", rule.times);
}

// Without the clients that do it or of whom it is expected.
std::string ActionText(const Step& step) {
  switch (step.action) {
    case Action::kConnect:
      return "connect";
    case Action::kSend:
      return "send " + FormatSize(step.amount);
    case Action::kSendText:
      return "send " + QuotedText(step.text);
    case Action::kSendUrgent:
      return "send urgent";
    case Action::kRequest:
      return step.amount == 0 ? "request" : "request " + FormatSize(step.amount);
    case Action::kShutdownWrite:
      return "shutdown write";
    case Action::kClose:
      return "close";
    case Action::kReset:
      return "reset";
    case Action::kVanish:
      return "vanish";
    case Action::kRead:
      return "read " + FormatSize(step.amount);
    case Action::kReadAll:
      return "read all";
    case Action::kReadNone:
      return "read none";
    case Action::kBuffer:
      return "buffer " + FormatSize(step.amount);
    case Action::kServerStop:
      return "server stop";
    case Action::kServerInterrupt:
      return "server interrupt";
    case Action::kServerBufferSend:
      return "server buffer send " + FormatSize(step.amount);
    case Action::kServerBufferReceive:
      return "server buffer receive " + FormatSize(step.amount);
    case Action::kLimitDescriptors:
      return fmt::format("limit descriptors {}", step.amount);
    case Action::kLimitNone:
      return "limit descriptors none";
    case Action::kWait:
      return "wait " + FormatDuration(step.amount);
    case Action::kFault:
      return FaultText(step);
    case Action::kFaultNone:
      return "fault none";
    case Action::kExpectReceived:
      return "received " + FormatSize(step.amount);
    case Action::kExpectReceivedAtLeast:
      return "received at least " + FormatSize(step.amount);
    case Action::kExpectReceivedText:
      return "received " + QuotedText(step.text);
    case Action::kExpectEof:
      return "eof";
    case Action::kExpectReset:
      return "reset";
    case Action::kExpectOpen:
      return "open";
    case Action::kExpectConnected:
      return "connected";
    case Action::kExpectRefused:
      return "refused";
    case Action::kExpectServerRunning:
      return "server running";
    case Action::kExpectServerStopped:
      return "server stopped";
  }
  return {};
}

}  // namespace

std::string PrintStep(const Step& step) {
  std::string text;
  if (step.together) text += "and ";
  if (step.at) {
    text += fmt::format("at {} {}", CallFamilyName(step.at->call), step.at->occurrence);
    if (!step.at->any_client) text += fmt::format(" of {}", ClientsText(step.at->client));
    text += ": ";
  }
  if (IsExpect(step.action)) text += "expect ";
  if (step.each) text += "each ";
  if (NamesClients(step.action)) text += ClientsText(step.clients) + " ";
  return text + ActionText(step);
}

std::string PrintScenario(const Scenario& scenario) {
  std::string text;
  if (!scenario.title.empty()) {
    std::string title = scenario.title;
    for (char& c : title) {
      if (static_cast<unsigned char>(c) < ' ') c = ' ';
    }
    text += fmt::format("# {}\n", title);
  }
  const char* protocol = "any";
  if (scenario.protocol == Protocol::kEcho) protocol = "echo";
  if (scenario.protocol == Protocol::kAck) protocol = "ack";
  if (scenario.protocol == Protocol::kHttp) protocol = "http";
  text += fmt::format("target {}\n", protocol);
  if (scenario.rounds != 1) text += fmt::format("rounds {}\n", scenario.rounds);
  for (const Step& step : scenario.steps) text += PrintStep(step) + "\n";
  return text;
}

}  // namespace hupstorm
