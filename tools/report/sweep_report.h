// What a sweep has found, for people and for programs.

#ifndef HUPSTORM_TOOLS_REPORT_SWEEP_REPORT_H_
#define HUPSTORM_TOOLS_REPORT_SWEEP_REPORT_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "scenarios/oracles/finding.h"
#include "tools/cli/output.h"
#include "tools/report/findings_report.h"

namespace hupstorm {

struct SweepFinding {
  Finding finding;  // of the last run; its line is that of `text`, its file that of file_of
  std::vector<std::string> placement;  // what goes wrong, as steps; empty: it shows without
  std::string text;                    // the scenario
  uint64_t runs = 0;                   // that showed it
  // It does not show when its scenario is run by itself: what ran before in the same process has
  // spoilt the server's memory, or its end is no matter of calls.
  bool alone = true;
  Confirmation confirmation = {};
};

struct SweepReport {
  uint64_t scenarios = 0;   // times targets
  uint64_t calls = 0;       // of the servers, with nothing going wrong
  uint64_t alike = 0;       // of these, not swept
  uint64_t placements = 0;  // runs in which something went wrong
  uint64_t pairs = 0;       // of these, with two things
  uint64_t pairs_left_out = 0;
  // For the runs in which nothing goes wrong, and what follows from them.
  double survey_seconds = 0;
  double seconds = 0;                  // for the placements
  std::string broken_off;              // why not all was run; empty if it was
  std::vector<SweepFinding> findings;  // each fingerprint once, in the order of the jobs
};

// Each finding with what goes wrong and the replay command.
std::string SweepText(const SweepReport& report, const std::string& program,
                      const ServerWords& server, const Style& style);

// "162 scenarios, 31,005 calls: 18,201 placements, 101,000 a second: nothing found"
std::string SweepSummary(const SweepReport& report, const Style& style);

// {"scenarios","calls","alike","placements","pairs","pairs_left_out","seconds","rate","findings":
// [{"oracle","target","scenario","placement":[],"evidence","fingerprint","file","line","runs",
// "alone","text","replay"}]} with what AddConfirmation adds, and "broken_off" if not all was run.
nlohmann::ordered_json SweepJson(const SweepReport& report, const std::string& program,
                                 const ServerWords& server);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_SWEEP_REPORT_H_
