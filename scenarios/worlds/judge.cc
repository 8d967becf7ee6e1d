#include "scenarios/worlds/judge.h"

namespace hupstorm {

void Judge::At(Moment moment) {
  const size_t before = findings_.findings().size();
  JudgeAt(moment, ledger_, findings_);
  if (!time_line_.records()) return;
  for (size_t i = before; i < findings_.findings().size(); ++i) {
    const Finding& finding = findings_.findings()[i];
    time_line_.Note(TimeLineEntry::Kind::kFinding, finding.oracle + ": " + finding.evidence,
                    finding.line);
  }
}

void Judge::Report(std::vector<Incident>& list, Incident incident) {
  incident.step = ledger_.current_step;
  list.push_back(std::move(incident));
  At(Moment::kIncident);
}

}  // namespace hupstorm
