// The findings of a gate as they come in: each bug once, and once more with symptoms or in
// scenarios for which the baseline does not have it.

#ifndef HUPSTORM_TOOLS_GATE_FINDINGS_BOOK_H_
#define HUPSTORM_TOOLS_GATE_FINDINGS_BOOK_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"
#include "scenarios/language/scenario.h"
#include "scenarios/worlds/schedules_world.h"
#include "tools/gate/baseline.h"
#include "tools/isolation/isolated_runner.h"
#include "tools/report/findings_report.h"
#include "tools/report/gate_report.h"

namespace hupstorm {

struct BookedFinding {
  GateFinding report;
  const Target* target = nullptr;    // null if no server of the plan's is to blame
  std::optional<Scenario> scenario;  // that shows it
  bool in_file = false;              // the user has the scenario: Finding::file

  // The scenario that has shown it. What shows under another order of threads alone is in no file.
  void SetScenario(const Scenario& shown_by, bool is_in_file) {
    if (report.finding.schedule != 0) {
      return SetText(PrintScenario(ShowingScenario(shown_by, report.finding)));
    }
    scenario = shown_by;
    in_file = is_in_file;
  }

  // The scenario as a user gets it: read again from the text.
  void SetText(const std::string& text) {
    report.text = text;
    scenario = ParseScenario(text, report.finding.scenario);
    scenario->name = report.finding.scenario;
  }
};

class FindingsBook {
 public:
  // `baseline` may be null, and must outlive the book.
  explicit FindingsBook(const Baseline* baseline) : baseline_(baseline) {}

  // Enters a finding that a case of `area` showed, and gives its bug's number. `fill` completes the
  // entry of a bug that is new, and again if this is a graver symptom of one that is known.
  template <typename Fill>
  size_t Enter(Finding finding, const std::string& area, const Fill& fill) {
    const bool in_suite = area == kSuiteArea;
    const bool tolerated = baseline_ != nullptr && baseline_->Tolerates(finding, in_suite);
    const auto [place, is_new] =
        numbers_.try_emplace({finding.target, BugOf(finding), tolerated}, entries_.size());
    if (is_new) entries_.emplace_back();
    BookedFinding& entry = entries_[place->second];
    GateFinding& report = entry.report;
    ++report.cases;
    SymptomOf(report, finding).shown_in.insert(in_suite ? finding.scenario : area);
    if (is_new || RankOf(finding) < RankOf(report.finding)) {
      report.area = area;
      report.tolerated = tolerated;
      report.known_elsewhere = !tolerated && baseline_ != nullptr && baseline_->HasBug(finding);
      report.finding = std::move(finding);
      fill(entry);
    }
    return place->second;
  }

  std::vector<BookedFinding>& entries() { return entries_; }

 private:
  static Symptom& SymptomOf(GateFinding& report, const Finding& finding) {
    for (Symptom& symptom : report.symptoms) {
      if (symptom.oracle == finding.oracle && symptom.fingerprint == finding.fingerprint) {
        return symptom;
      }
    }
    report.symptoms.push_back(
        {.oracle = finding.oracle, .fingerprint = finding.fingerprint, .shown_in = {}});
    return report.symptoms.back();
  }

  const Baseline* baseline_;
  // By target, bug, and whether the baseline tolerates it.
  std::map<std::tuple<std::string, std::string, bool>, size_t> numbers_;
  std::vector<BookedFinding> entries_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_FINDINGS_BOOK_H_
