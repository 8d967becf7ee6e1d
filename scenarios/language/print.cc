#include "scenarios/language/print.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/language/actions.h"
#include "scenarios/language/fit.h"
#include "scenarios/language/lexer.h"
#include "scenarios/language/units.h"

namespace hupstorm {
namespace {

std::string FaultText(const Step& step) {
  const FaultRule& rule = step.fault;
  std::string text = fmt::format("fault {}", CallFamilyName(rule.call));
  if (step.fault_client) text += fmt::format(" of {}", ClientsText(*step.fault_client));
  text += fmt::format(" {}", FaultOutcomeName(rule.outcome));
  if (rule.outcome == FaultOutcome::kShort) text += fmt::format(" {}", rule.amount);
  if (rule.after != 0) text += fmt::format(" after {}", rule.after);
  if (rule.times == 1) return text + " once";
  if (rule.times == kAlways) return text + " always";
  return text + fmt::format(" times {}", rule.times);
}

// Without the clients that do it or of whom it is expected.
std::string ActionText(const Step& step) {
  const ActionRow& row = RowOf(step.action);
  std::string text(row.words);
  switch (row.operand) {
    case Operand::kNone:
      break;
    case Operand::kRequestSize:
      if (step.amount == 0) break;
      [[fallthrough]];
    case Operand::kSize:
      return text + " " + FormatSize(step.amount);
    case Operand::kText:
      return text + fmt::format(" \"{}\"", EscapeText(step.text));
    case Operand::kDuration:
      return text + " " + FormatDuration(step.amount);
    case Operand::kDescriptors:
      return text + fmt::format(" {}", step.amount);
    case Operand::kFault:
      return FaultText(step);
  }
  return text;
}

}  // namespace

std::string PrintStep(const Step& step) {
  std::string text;
  if (step.together) text += "and ";
  if (step.at) {
    text += fmt::format("at {} {}", CallFamilyName(step.at->call), step.at->occurrence);
    if (step.at->client) text += fmt::format(" of {}", ClientsText(*step.at->client));
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
    std::replace_if(
        title.begin(), title.end(), [](unsigned char c) { return c < ' '; }, ' ');
    text += fmt::format("# {}\n", title);
  }
  text += fmt::format("target {}\n", ProtocolName(scenario.protocol));
  if (scenario.rounds != 1) text += fmt::format("rounds {}\n", scenario.rounds);
  if (scenario.schedule != 0) text += fmt::format("schedule {}\n", scenario.schedule);
  for (const Step& step : scenario.steps) text += PrintStep(step) + "\n";
  return text;
}

}  // namespace hupstorm
