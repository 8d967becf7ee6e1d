#include "scenarios/oracles/finding_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "scenarios/oracles/oracles.h"

namespace hupstorm {

uint64_t StableHash(std::string_view text) { return Fnv1a().Add(text).value(); }

void FindingList::Start(const std::string& target, const Scenario& scenario,
                        const CallRecord& calls) {
  target_ = &target;
  scenario_ = &scenario;
  calls_ = &calls;
  findings_.clear();
}

void FindingList::Add(std::string_view oracle, int step, uint64_t context, std::string evidence,
                      uint64_t call) {
  if (findings_.size() >= kMost) return;
  Finding finding;
  finding.oracle = oracle;
  finding.fingerprint =
      fmt::format("{:016x}", Fnv1a().Add(oracle).Add(*target_).Add(context).value());
  if (std::any_of(findings_.begin(), findings_.end(),
                  [&](const Finding& other) { return other.fingerprint == finding.fingerprint; })) {
    return;
  }
  finding.target = *target_;
  finding.scenario = scenario_->name.empty() ? scenario_->file : scenario_->name;
  finding.file = scenario_->file;
  finding.step = step;
  if (step > 0 && static_cast<size_t>(step) <= scenario_->steps.size()) {
    finding.line = scenario_->steps[step - 1].line;
  }
  if (const Oracle* const its = FindOracle(oracle)) {
    finding.severity = SeverityOf(its->effect, *scenario_, step);
  }
  finding.evidence = std::move(evidence);
  finding.call = call;
  if (const MadeCall* const made = calls_->Find(call)) {
    finding.cause = fmt::format("{} {}", CallName(made->call), made->OutcomeText());
    finding.ending = made->ending();
    finding.failure = made->failure();
  }
  findings_.push_back(std::move(finding));
}

}  // namespace hupstorm
