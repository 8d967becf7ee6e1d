// Findings for people and for programs.

#ifndef HUPSTORM_TOOLS_REPORT_FINDINGS_REPORT_H_
#define HUPSTORM_TOOLS_REPORT_FINDINGS_REPORT_H_

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "scenarios/oracles/finding.h"
#include "tools/cli/output.h"

namespace hupstorm {

// Where a scenario runs unless --world says otherwise.
inline constexpr char kDefaultWorld[] = "simulated";

struct ReportedFinding {
  Finding finding;
  std::string replay;  // the command that shows it
};

// hupstorm replay scenarios/suite/half-close/x.scn --target doc000/epoll-queue --mend all. To be
// pasted into a shell: what needs quotes has them. `mend`, `world`: as --mend and --world take
// them.
std::string ReplayCommand(std::string_view program, const Finding& finding, std::string_view mend,
                          std::string_view world = kDefaultWorld);

// "scenarios/suite/half-close/x.scn:6": where the finding showed.
std::string Place(const Finding& finding);

// Each finding, with file and line first and its replay command below. The same bug in many
// scenarios (equal fingerprints) is shown once, in the first of them, with how many more there are;
// `all` shows every one.
std::string FindingsText(std::span<const ReportedFinding> findings, bool all, const Style& style);

// Bugs, not findings: how many fingerprints there are.
size_t DistinctFindings(std::span<const ReportedFinding> findings);

// {"oracle","target","scenario","file","line","step","evidence","fingerprint","replay"}
nlohmann::ordered_json FindingJson(const ReportedFinding& finding);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_FINDINGS_REPORT_H_
