// The findings that a gate tolerates: a text file, to be kept beside the server's source and
// reviewed as it changes.
//
//   # Comments and empty lines are for readers.
//   doc001/poll busy-loop 0123456789abcdef     # why it may stay
//
// Comments behind findings are kept when the file is written anew. The same findings give the same
// file.

#ifndef HUPSTORM_TOOLS_GATE_BASELINE_H_
#define HUPSTORM_TOOLS_GATE_BASELINE_H_

#include <span>
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

  bool Has(const Finding& finding) const;
  const std::vector<BaselineEntry>& entries() const { return entries_; }

 private:
  std::vector<BaselineEntry> entries_;
};

BaselineEntry EntryFor(const Finding& finding);

// A file with these, sorted, each once; an entry without a comment takes over the one that `former`
// has for it.
std::string BaselineText(std::vector<BaselineEntry> entries, const Baseline& former);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_BASELINE_H_
