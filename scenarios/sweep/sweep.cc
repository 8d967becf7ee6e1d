#include "scenarios/sweep/sweep.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace hupstorm {
namespace {

constexpr uint64_t kBytesOfACall = 512;  // moving these takes as long as a call

uint64_t WorkOf(const CallLog& log) {
  uint64_t bytes = 0;
  for (const LoggedCall& call : log.calls) {
    const CallFamily family = FamilyOf(call.call);
    const bool transfer = family == CallFamily::kRecv || family == CallFamily::kSend;
    if (transfer && call.result > 0) bytes += static_cast<uint64_t>(call.result);
  }
  return log.calls.size() + bytes / kBytesOfACall;
}

}  // namespace

void LeaveOutWhatSmallerOnesShow(std::span<Survey* const> surveys) {
  if (surveys.size() == 1) return;
  std::vector<Survey*> by_work(surveys.begin(), surveys.end());
  std::stable_sort(by_work.begin(), by_work.end(),
                   [](const Survey* a, const Survey* b) { return a->work < b->work; });
  std::unordered_set<uint64_t> known;
  for (Survey* const survey : by_work) {
    std::vector<Disturbance>& all = survey->found.disturbances;
    if (survey->work > kLargeWork) {
      std::unordered_set<uint32_t> left_out;
      std::unordered_map<uint64_t, uint32_t> first;  // calls
      std::erase_if(all, [&](const Disturbance& disturbance) {
        const uint32_t call = first.try_emplace(disturbance.kind, disturbance.call).first->second;
        if (!known.contains(disturbance.kind) && call == disturbance.call) return false;
        left_out.insert(disturbance.call);
        return true;
      });
      survey->found.alike += left_out.size();
    }
    for (const Disturbance& disturbance : all) known.insert(disturbance.kind);
  }
}

Survey Sweep::TakeSurvey(bool all) {
  Survey survey;
  log_.watched = Representatives(scenario_.Undisturbed());
  const bool found = !Record(scenario_.UndisturbedWithDrain()).findings.empty();
  survey.work = WorkOf(log_) * scenario_.Undisturbed().rounds;
  Choice choice;
  choice.last_own_step = scenario_.own_steps();
  choice.all = all || survey.work <= kLargeWork;
  survey.found = Enumerate(log_, choice);
  if (found) survey.findings = RunOnce(scenario_.Undisturbed()).findings;
  return survey;
}

std::vector<Disturbance> Sweep::After(const Disturbance& first, uint64_t most, uint64_t& left_out) {
  if (log_.watched.empty()) log_.watched = Representatives(scenario_.Undisturbed());
  Record(scenario_.WithAndDrain(first));
  Choice choice;
  choice.last_own_step = scenario_.own_steps() + 1;
  choice.from_call = first.call + 1;
  const std::vector<Disturbance> all = Enumerate(log_, choice).disturbances;
  const uint64_t stride = std::max<uint64_t>((all.size() + most - 1) / most, 1);
  std::vector<Disturbance> chosen;
  for (uint64_t i = first.call % stride; i < all.size(); i += stride) chosen.push_back(all[i]);
  left_out = all.size() - chosen.size();
  return chosen;
}

const RunResult& Sweep::RunOnce(const Scenario& scenario) {
  result_ = world_.Run(scenario, target_, options_);
  return result_;
}

const RunResult& Sweep::Record(const Scenario& scenario) {
  options_.call_log = &log_;
  RunOnce(scenario);
  options_.call_log = nullptr;
  return result_;
}

}  // namespace hupstorm
