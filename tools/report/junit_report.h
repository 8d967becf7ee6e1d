// A gate's report as JUnit XML, for the test views of CI systems.

#ifndef HUPSTORM_TOOLS_REPORT_JUNIT_REPORT_H_
#define HUPSTORM_TOOLS_REPORT_JUNIT_REPORT_H_

#include <string>

#include "tools/report/gate_report.h"

namespace hupstorm {

// A test suite for each area, a test case for each scenario and target, with what the strictest
// schema in use (Windy Road's JUnit.xsd) asks for. A case fails with its findings, the replay
// command and the time line. One whose findings are all tolerated counts as skipped.
std::string JUnitText(const GateReport& report);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_JUNIT_REPORT_H_
