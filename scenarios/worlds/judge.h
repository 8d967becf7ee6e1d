// Lets the oracles judge a run, and keeps what they find.

#ifndef HUPSTORM_SCENARIOS_WORLDS_JUDGE_H_
#define HUPSTORM_SCENARIOS_WORLDS_JUDGE_H_

#include <string>
#include <utility>
#include <vector>

#include "scenarios/oracles/finding_list.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/oracles/oracles.h"
#include "scenarios/worlds/time_line.h"

namespace hupstorm {

class Judge {
 public:
  // More incidents of one kind are not reported in a run: the server goes on as it began.
  static constexpr size_t kMostIncidents = 8;

  Judge(Ledger& ledger, TimeLine& time_line) : ledger_(ledger), time_line_(time_line) {}

  // For a new run. Both arguments must outlive it.
  void Start(const std::string& target, const Scenario& scenario) {
    findings_.Start(target, scenario, ledger_.calls);
  }
  void At(Moment moment) {
    const size_t before = findings_.findings().size();
    JudgeAt(moment, ledger_, findings_);
    if (!time_line_.records()) return;
    for (size_t i = before; i < findings_.findings().size(); ++i) {
      const Finding& finding = findings_.findings()[i];
      time_line_.Note(TimeLineEntry::Kind::kFinding, finding.oracle + ": " + finding.evidence,
                      finding.line);
    }
  }
  // Adds an incident of the current step to `list`, one of the ledger's, and judges it at once.
  void Report(std::vector<Incident>& list, Incident incident) {
    incident.step = ledger_.current_step;
    list.push_back(std::move(incident));
    At(Moment::kIncident);
  }
  bool HasFoundAny() const { return !findings_.findings().empty(); }
  std::vector<Finding> Take() { return findings_.Take(); }

 private:
  Ledger& ledger_;
  TimeLine& time_line_;
  FindingList findings_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_JUDGE_H_
