// A gate's report for people: one HTML file that opens offline, with all that it needs in it.

#ifndef HUPSTORM_TOOLS_REPORT_HTML_REPORT_H_
#define HUPSTORM_TOOLS_REPORT_HTML_REPORT_H_

#include <string>

#include "tools/report/gate_report.h"

namespace hupstorm {

// The verdict; what was run; each finding with its scenario, a sequence diagram, the sockets at the
// end and its command; where each shows; campaigns over time. The page is in tools/report/html. Of
// a long time line the beginning and what led to the finding are in it.
std::string HtmlText(const GateReport& report);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_HTML_REPORT_H_
