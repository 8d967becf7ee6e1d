// Text for formats that take no bytes at will.

#ifndef HUPSTORM_TOOLS_REPORT_CLEAN_TEXT_H_
#define HUPSTORM_TOOLS_REPORT_CLEAN_TEXT_H_

#include <string>
#include <string_view>

namespace hupstorm {

// Valid UTF-8 without control characters other than tab, line feed and carriage return: what XML
// 1.0 and JSON can hold. All else (a server's log may be anything) becomes U+FFFD.
std::string CleanText(std::string_view text);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_CLEAN_TEXT_H_
