// The parts of the page, as they were when this executable was built (cmake/embed.cmake).

#ifndef HUPSTORM_TOOLS_REPORT_HTML_PAGES_H_
#define HUPSTORM_TOOLS_REPORT_HTML_PAGES_H_

#include <string_view>

namespace hupstorm {

std::string_view ReportPage();    // report.html, with places for the others
std::string_view ReportStyle();   // report.css
std::string_view ReportScript();  // the parts of it, in the order in which they need each other
std::string_view D3Script();      // https://d3js.org, as Debian's node-d3 has it

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_HTML_PAGES_H_
