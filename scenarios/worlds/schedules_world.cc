#include "scenarios/worlds/schedules_world.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace hupstorm {
namespace {

bool IsKnown(const Finding& finding, const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& other) {
    return other.fingerprint == finding.fingerprint;
  });
}

}  // namespace

SchedulesWorld::SchedulesWorld(std::unique_ptr<World> world, int schedules)
    : world_(std::move(world)), schedules_(schedules) {}

RunResult SchedulesWorld::Run(const Scenario& scenario, const Target& target,
                              const RunOptions& options) {
  RunResult result = world_->Run(scenario, target, options);
  const bool is_looked_at =
      options.record_time_line || options.call_log != nullptr || options.client_views != nullptr;
  if (scenario.schedule != 0 || is_looked_at) return result;
  if (!result.has_threads) {
    if (result.ran_on_linux.empty()) {
      result.remark = "the server has one thread, so that no other schedule was tried";
    }
    return result;
  }
  Scenario scheduled = scenario;
  for (int seed = 1; seed <= schedules_; ++seed) {
    scheduled.schedule = static_cast<uint32_t>(seed);
    RunResult other = world_->Run(scheduled, target, options);
    result.calls += other.calls;
    result.faults += other.faults;
    result.seconds += other.seconds;
    result.never_at_rest |= other.never_at_rest;
    if (result.remark.empty()) result.remark = std::move(other.remark);
    if (result.not_shown_again.empty()) result.not_shown_again = std::move(other.not_shown_again);
    for (Finding& finding : other.findings) {
      if (IsKnown(finding, result.findings)) continue;
      finding.schedule = scheduled.schedule;
      result.findings.push_back(std::move(finding));
    }
  }
  return result;
}

Scenario ShowingScenario(const Scenario& scenario, const Finding& finding) {
  Scenario showing = scenario;
  if (finding.schedule != 0) showing.schedule = finding.schedule;
  return showing;
}

}  // namespace hupstorm
