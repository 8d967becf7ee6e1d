// The findings of a gate as they come in: each bug once.

#ifndef HUPSTORM_TOOLS_GATE_FINDINGS_BOOK_H_
#define HUPSTORM_TOOLS_GATE_FINDINGS_BOOK_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/language/scenario.h"
#include "tools/isolation/isolated_runner.h"
#include "tools/report/gate_report.h"

namespace hupstorm {

struct BookedFinding {
  GateFinding report;
  const Target* target = nullptr;    // null if no server of the plan's is to blame
  std::optional<Scenario> scenario;  // that shows it
  bool in_file = false;              // the user has the scenario: Finding::file
};

class FindingsBook {
 public:
  // Enters a finding that a case of `area` showed, and gives its number. `fill` completes the entry
  // of one that is new.
  template <typename Fill>
  size_t Enter(Finding finding, const std::string& area, const Fill& fill) {
    const auto [place, is_new] =
        numbers_.try_emplace({finding.target, finding.fingerprint}, entries_.size());
    if (is_new) {
      BookedFinding& entry = entries_.emplace_back();
      entry.report.area = area;
      entry.report.finding = std::move(finding);
      fill(entry);
    }
    ++entries_[place->second].report.cases;
    return place->second;
  }

  std::vector<BookedFinding>& entries() { return entries_; }

 private:
  std::map<std::pair<std::string, std::string>, size_t> numbers_;  // by target and fingerprint
  std::vector<BookedFinding> entries_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_FINDINGS_BOOK_H_
