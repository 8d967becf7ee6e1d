// The findings that a gate tolerates: a text file, to be kept beside the server's source and
// reviewed as it changes.
//
//   # Comments and empty lines are for readers.
//   doc001/poll busy-loop 0123456789abcdef     # why it may stay
//     in half-close/echo-drains half-close/idle
//     in sweep
//
// The words after "in" are the scenarios of the suite in which the finding showed, and the other
// areas that showed it. The same finding in another scenario of the suite is a new one: two bugs
// may have one fingerprint. In a scenario that was generated (by the sweep, at random, by a fuzzer)
// it is known by its fingerprint alone, as there the scenarios themselves are new each time. A
// finding without "in" is of an older hupstorm, and tolerated wherever it shows.
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

  // Null if it does not name the finding, wherever that showed.
  const BaselineEntry* Find(const Finding& finding) const;
  // `in_suite`: a scenario of the suite or of the user's showed it, none that was generated.
  bool Tolerates(const Finding& finding, bool in_suite) const;
  const std::vector<BaselineEntry>& entries() const { return entries_; }

 private:
  std::vector<BaselineEntry> entries_;
};

// Notes in the report of a pass what of the baseline is gone, and what it knows everywhere.
void NoteBaseline(const Baseline& baseline, GateReport& report);

// `shown_in`: see BaselineEntry.
BaselineEntry EntryFor(const Finding& finding, std::set<std::string> shown_in);

// A file with these, sorted, each once, in all scenarios that the entries for it name; an entry
// without a comment takes over the one that `former` has for it.
std::string BaselineText(std::vector<BaselineEntry> entries, const Baseline& former);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_BASELINE_H_
