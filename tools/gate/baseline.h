// The bugs that a gate tolerates, each with the symptoms that it has: a text file, to be kept
// beside the server's source and reviewed as it changes.
//
//   # Comments and empty lines are for readers.
//   doc001/poll busy-loop 0123456789abcdef     # why it may stay
//     in half-close/echo-drains half-close/idle
//     in sweep
//
// The number names the bug: a call of the server's, and how it ended (Finding::bug). An edit above
// that call does not change it. The words after "in" are the scenarios of the suite in which the
// symptom showed, and the other areas that showed it. The same in another scenario of the suite is
// a new finding, and so is another symptom: a leak that is tolerated may grow to a crash. In a
// scenario that was generated (by the sweep, at random, by a fuzzer) it is known by the number
// alone, as there the scenarios themselves are new each time.
//
// A file of an older hupstorm has fingerprints of findings for numbers, which go on to be known by
// them, and may have no "in": such a finding is tolerated wherever it shows. --update-baseline
// names the bugs.
//
// Comments behind findings are kept when the file is written anew. The same findings give the same
// file.

#ifndef HUPSTORM_TOOLS_GATE_BASELINE_H_
#define HUPSTORM_TOOLS_GATE_BASELINE_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/finding.h"
#include "tools/report/gate_report.h"

namespace hupstorm {

class Baseline {
 public:
  // Throws UsageError with file, line and column if `text` is no baseline.
  static Baseline Parse(std::string_view text, std::string_view file);

  // Null if it does not have the bug with this symptom, wherever that showed.
  const BaselineEntry* Find(const Finding& finding) const;
  // Whether it has the bug, with whatever symptom.
  bool HasBug(const Finding& finding) const;
  // `in_suite`: a scenario of the suite or of the user's showed it, none that was generated.
  bool Tolerates(const Finding& finding, bool in_suite) const;
  const std::vector<BaselineEntry>& entries() const { return entries_; }

 private:
  std::vector<BaselineEntry> entries_;
};

// Notes in the report of a pass what of the baseline is gone, what it knows everywhere, and what by
// its fingerprint.
void NoteBaseline(const Baseline& baseline, GateReport& report);

// The symptoms of a bug, each with the comment that `former` has for it.
std::vector<BaselineEntry> EntriesFor(const GateFinding& found, const Baseline& former);

// A file with these, sorted, each once, in all scenarios and with all comments that the entries for
// it have.
std::string BaselineText(std::vector<BaselineEntry> entries);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_BASELINE_H_
