// A gate's report for a terminal, for the log of a CI run, and as JSON.

#ifndef HUPSTORM_TOOLS_REPORT_GATE_REPORT_TEXT_H_
#define HUPSTORM_TOOLS_REPORT_GATE_REPORT_TEXT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/cli/output.h"
#include "tools/report/gate_report.h"

namespace hupstorm {

// One line for an area that is done, and one for each thing that was left out.
std::string GateAreaText(const GateArea& area, const Style& style);

// The findings, new ones first, and the verdict in the last line.
std::string GateText(const GateReport& report, const Style& style);

// {"target","mend","world","holds","seconds","new":N,"tolerated":N,"areas":[{"area","did","cases":N,
// "failed":N,"seconds","left_out":[]}],"findings":[{...,"area","cases":N,"tolerated","again"}],
// "gone":[{"target","oracle","fingerprint"}]}; of a finding also what FindingJson has. "skipped" in
// an area that was not run, "note" if there is one.
nlohmann::ordered_json GateJson(const GateReport& report);
// Its parts.
nlohmann::ordered_json FindingJson(const GateFinding& found);
nlohmann::ordered_json GoneJson(const GateReport& report);

// As GitHub's runners take them from a step's output: an error for each finding that is not
// tolerated, at its place in its file.
std::string GitHubAnnotations(const GateReport& report);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_GATE_REPORT_TEXT_H_
