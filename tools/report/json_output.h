// One JSON object as text, and printed.

#ifndef HUPSTORM_TOOLS_REPORT_JSON_OUTPUT_H_
#define HUPSTORM_TOOLS_REPORT_JSON_OUTPUT_H_

#include <nlohmann/json.hpp>
#include <string>

#include "tools/cli/output.h"

namespace hupstorm {

// Bytes that are not UTF-8 (a server's log quoted in evidence) become U+FFFD, as JSON must be
// UTF-8.
inline std::string JsonText(const nlohmann::ordered_json& value) {
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

inline void PrintJson(const nlohmann::ordered_json& value) { Print(JsonText(value)); }

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_JSON_OUTPUT_H_
