// Scenarios that say less than others would: those that were not run, and those that did not come
// to what they are about.

#ifndef HUPSTORM_TOOLS_REPORT_LEFT_OUT_H_
#define HUPSTORM_TOOLS_REPORT_LEFT_OUT_H_

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/worlds/world.h"

namespace hupstorm {

// Names of scenarios by the reason why; a name as often as there are targets of which it holds.
using ByReason = std::map<std::string, std::vector<std::string>>;

// A line for each reason: "2 left out: it is written for ack servers (ack/reset, ack/half-close)".
// `what`: "left out". Names the first few. Without newlines.
std::vector<std::string> ReasonTexts(const ByReason& scenarios, std::string_view what);

inline constexpr std::string_view kLeftOut = "left out";
inline constexpr std::string_view kLimitMissed = "did not come to the limit that they are about";
inline constexpr std::string_view kNotShownAgain =
    "showed, after others in one process, what a fresh process does not show (no finding)";
inline constexpr std::string_view kRemarked = "to be noted";
inline constexpr std::string_view kRanOnLinux = "ran on Linux";

// What a run's result tells beside its findings: where, in which words, and its name in JSON.
struct ToldReason {
  std::string RunResult::*why;
  std::string_view what;
  const char* name;
};
inline constexpr ToldReason kToldReasons[] = {
    {&RunResult::limit_missed, kLimitMissed, "limits_missed"},
    {&RunResult::not_shown_again, kNotShownAgain, "not_shown_again"},
    {&RunResult::ran_on_linux, kRanOnLinux, "ran_on_linux"},
    {&RunResult::remark, kRemarked, "remarks"}};

// [{"reason","scenarios":[]}]
nlohmann::ordered_json ReasonsJson(const ByReason& scenarios);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_LEFT_OUT_H_
