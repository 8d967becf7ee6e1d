// What a sweep has found, for people and for programs.

#ifndef HUPSTORM_TOOLS_REPORT_SWEEP_REPORT_H_
#define HUPSTORM_TOOLS_REPORT_SWEEP_REPORT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/cli/output.h"
#include "tools/report/findings_report.h"
#include "tools/sweep/sweep_runner.h"

namespace hupstorm {

// Each finding with what goes wrong and the replay command.
std::string SweepText(const SweepReport& report, const std::string& program,
                      const ServerWords& server, const Style& style);

// "162 scenarios, 31,005 calls: 18,201 placements, 101,000 a second: nothing found"
std::string SweepSummary(const SweepReport& report, const Style& style);

// {"scenarios","calls","alike","placements","pairs","pairs_left_out","seconds","rate","findings":
// [{"oracle","target","scenario","placement":[],"evidence","fingerprint","file","line","runs",
// "alone","text","replay"}]}, and "broken_off" where not all was run.
nlohmann::ordered_json SweepJson(const SweepReport& report, const std::string& program,
                                 const ServerWords& server);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_SWEEP_REPORT_H_
