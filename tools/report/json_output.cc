#include "tools/report/json_output.h"

#include "tools/cli/output.h"

namespace hupstorm {

std::string JsonText(const nlohmann::ordered_json& value) {
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void PrintJson(const nlohmann::ordered_json& value) { Print(JsonText(value)); }

}  // namespace hupstorm
