#include "scenarios/oracles/severity.h"

#include <algorithm>
#include <array>
#include <span>

#include "scenarios/language/scenario.h"

namespace hupstorm {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"low", "medium", "high"};

bool IsShortage(const Step& step) {
  if (step.action != Action::kFault) return false;
  switch (step.fault.outcome) {
    case FaultOutcome::kEnomem:
    case FaultOutcome::kEnobufs:
    case FaultOutcome::kEnospc:
    case FaultOutcome::kEnfile:
      return true;
    default:
      return false;
  }
}

Severity OneLower(Severity severity) {
  return severity == Severity::kHigh ? Severity::kMedium : Severity::kLow;
}

}  // namespace

Severity SeverityOf(Effect effect, const Scenario& scenario, int step) {
  std::span<const Step> steps = scenario.steps;
  if (step > 0) steps = steps.first(std::min(steps.size(), static_cast<size_t>(step)));
  const bool half_closes = std::any_of(steps.begin(), steps.end(), [](const Step& one) {
    return one.action == Action::kShutdownWrite;
  });
  if (effect == Effect::kEndsDifferently) return Severity::kLow;
  Severity severity = effect == Effect::kLeaks ? Severity::kMedium : Severity::kHigh;
  if (effect == Effect::kLosesBytes && half_closes) {
    if (scenario.protocol == Protocol::kHttp) return Severity::kLow;
    severity = OneLower(severity);
  }
  return std::any_of(steps.begin(), steps.end(), IsShortage) ? OneLower(severity) : severity;
}

std::string_view SeverityName(Severity severity) { return kNames[static_cast<size_t>(severity)]; }

std::optional<Severity> SeverityFromName(std::string_view name) {
  const auto place = std::find(kNames.begin(), kNames.end(), name);
  if (place == kNames.end()) return std::nullopt;
  return static_cast<Severity>(place - kNames.begin());
}

}  // namespace hupstorm
