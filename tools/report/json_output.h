// One JSON object as text, and printed.

#ifndef HUPSTORM_TOOLS_REPORT_JSON_OUTPUT_H_
#define HUPSTORM_TOOLS_REPORT_JSON_OUTPUT_H_

#include <nlohmann/json.hpp>
#include <string>

namespace hupstorm {

// Bytes that are not UTF-8 (a server's log quoted in evidence) become U+FFFD, as JSON must be
// UTF-8.
std::string JsonText(const nlohmann::ordered_json& value);

void PrintJson(const nlohmann::ordered_json& value);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_JSON_OUTPUT_H_
