// The time line of one run, for `hupstorm replay`.

#ifndef HUPSTORM_TOOLS_REPORT_TIME_LINE_H_
#define HUPSTORM_TOOLS_REPORT_TIME_LINE_H_

#include <span>
#include <string>
#include <vector>

#include "scenarios/worlds/world.h"
#include "tools/cli/output.h"

namespace hupstorm {

// A line of a time line that has been made readable: an entry, or what is said of those left out.
struct TimeLineRow {
  const TimeLineEntry* entry = nullptr;
  std::string remark = {};  // if `entry` is null: "the 5 lines above 51 more times"
  bool is_loop = false;     // the remark is about a loop of the server's
};
// Unless `full`, a pattern of calls that repeats (a busy loop, an echo) is there once and counted,
// and of the rounds after the first only what led to findings. Points into `entries`.
std::vector<TimeLineRow> TimeLineRows(std::span<const TimeLineEntry> entries, bool full);

// What the script does begins at the left margin, the server's calls are indented under it,
// findings stand where they showed. Unless `full`, a pattern of calls that repeats (a busy loop, an
// echo) is shown once and counted, of the rounds after the first only the findings are shown, and
// long lines are cut.
std::string TimeLineText(std::span<const TimeLineEntry> entries, bool full, const Style& style);

// The connections at the end of the script, as `ss` shows them; "" if there are none. Of many
// connections only the first are shown, unless `full`.
std::string SocketsText(std::span<const SocketRow> sockets, bool full);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_TIME_LINE_H_
