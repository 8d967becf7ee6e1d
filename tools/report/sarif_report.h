// A gate's report as SARIF 2.1.0, for code scanning.

#ifndef HUPSTORM_TOOLS_REPORT_SARIF_REPORT_H_
#define HUPSTORM_TOOLS_REPORT_SARIF_REPORT_H_

#include <string>

#include "tools/report/gate_report.h"

namespace hupstorm {

// A rule for each oracle, with its page as help; a result for each bug, at the step of the scenario
// at which it showed and, for a document's server, at what its source does wrong. Against a
// baseline each is new, unchanged or absent.
std::string SarifText(const GateReport& report);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_SARIF_REPORT_H_
