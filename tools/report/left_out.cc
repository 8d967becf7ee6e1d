#include "tools/report/left_out.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

namespace hupstorm {

std::vector<std::string> ReasonTexts(const ByReason& scenarios, std::string_view what) {
  constexpr size_t kMostNamed = 3;
  std::vector<std::string> texts;
  for (const auto& [why, names] : scenarios) {
    const size_t named = std::min(names.size(), kMostNamed);
    std::string text = fmt::format("{} {}: {} ({}", names.size(), what, why,
                                   fmt::join(std::span(names).first(named), ", "));
    if (names.size() > named) text += fmt::format(" and {} more", names.size() - named);
    texts.push_back(text + ")");
  }
  return texts;
}

nlohmann::ordered_json ReasonsJson(const ByReason& scenarios) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& [why, names] : scenarios)
    json.push_back({{"reason", why}, {"scenarios", names}});
  return json;
}

}  // namespace hupstorm
