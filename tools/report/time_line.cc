#include "tools/report/time_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/cli/text_table.h"

namespace hupstorm {
namespace {

constexpr size_t kLongestPattern = 32;  // entries in one turn of a loop
constexpr size_t kLeastTurns = 4;       // fewer are shown as they are
constexpr size_t kMostSockets = 40;
constexpr size_t kLongestLine = 160;  // bytes of an entry's text
constexpr size_t kLeadUp = 12;        // entries that are shown before a finding in a later round
constexpr std::string_view kNextRound = "the next round begins";

bool IsNextRound(const TimeLineEntry& entry) {
  return entry.kind == TimeLineEntry::Kind::kEpilogue && entry.text == kNextRound;
}

bool IsServers(const TimeLineEntry& entry) {
  return entry.kind == TimeLineEntry::Kind::kCall || entry.kind == TimeLineEntry::Kind::kLog;
}

// What a call or a log line is like, whatever the bytes are: the text without what is in quotes.
std::string ShapeOf(const TimeLineEntry& entry) {
  const std::string_view text = entry.text;
  const char kind = entry.kind == TimeLineEntry::Kind::kCall ? 'c' : 'l';
  const size_t open = text.find_first_of("\"'");
  if (open == std::string_view::npos) return kind + entry.text;
  const size_t close = text.find_last_of("\"'");
  return fmt::format("{}{}\"{}", kind, text.substr(0, open), text.substr(close));
}

// A number for each entry: equal for calls and log lines of the same shape, 0 for all other
// entries.
std::vector<size_t> Shapes(std::span<const TimeLineEntry> entries) {
  std::unordered_map<std::string, size_t> numbers;
  std::vector<size_t> shapes;
  shapes.reserve(entries.size());
  for (const TimeLineEntry& entry : entries) {
    shapes.push_back(IsServers(entry)
                         ? numbers.try_emplace(ShapeOf(entry), numbers.size() + 1).first->second
                         : 0);
  }
  return shapes;
}

// Rounds after the first do the same steps again: of these, what led to a finding and to the end.
std::vector<bool> Shown(std::span<const TimeLineEntry> entries) {
  std::vector<bool> shown(entries.size(), true);
  const auto first = std::find_if(entries.begin(), entries.end(), IsNextRound);
  const auto hidden = static_cast<size_t>(first - entries.begin());
  size_t reason = entries.size();  // the next finding, or the end
  for (size_t i = entries.size(); i-- > hidden;) {
    const TimeLineEntry::Kind kind = entries[i].kind;
    if (kind == TimeLineEntry::Kind::kFinding || kind == TimeLineEntry::Kind::kBlame) reason = i;
    shown[i] = reason - i <= kLeadUp;
  }
  return shown;
}

struct Loop {
  size_t length = 1;  // entries in one turn
  size_t turns = 1;
};

// The loop that begins at `at`: what the server does over and over, with nothing else in between.
Loop FindLoop(std::span<const size_t> shapes, size_t at) {
  for (size_t length = 1; length <= kLongestPattern && at + length < shapes.size(); ++length) {
    if (shapes[at + length - 1] == 0) return {};
    size_t end = at + length;
    while (end < shapes.size() && shapes[end] == shapes[end - length]) ++end;
    const size_t turns = (end - at) / length;
    if (turns >= kLeastTurns) return {length, turns};
  }
  return {};
}

bool IsExact(std::span<const TimeLineEntry> entries, size_t at, const Loop& loop) {
  for (size_t i = at + loop.length; i < at + loop.length * loop.turns; ++i) {
    if (entries[i].text != entries[i - loop.length].text) return false;
  }
  return true;
}

std::string Cut(const std::string& text, bool full) {
  if (full || text.size() <= kLongestLine) return text;
  return fmt::format("{} ...", BeginningOf(text, kLongestLine));
}

std::string Body(const TimeLineEntry& entry, bool full, const Style& style) {
  const std::string line = entry.line > 0 ? fmt::format("   (line {})", entry.line) : "";
  switch (entry.kind) {
    case TimeLineEntry::Kind::kStep:
      return style.Cyan(fmt::format("> {}", entry.text)) + style.Dim(line);
    case TimeLineEntry::Kind::kPlacedStep:
      return style.Cyan(fmt::format("    >> {}", entry.text)) +
             style.Dim(fmt::format("   (inside the next call{})",
                                   entry.line > 0 ? fmt::format(", line {}", entry.line) : ""));
    case TimeLineEntry::Kind::kEpilogue:
      return style.Dim(fmt::format("- {}", entry.text));
    case TimeLineEntry::Kind::kCall:
      return fmt::format("        {}", Cut(entry.text, full));
    case TimeLineEntry::Kind::kLog:
      return style.Dim(fmt::format("        | {}", Cut(entry.text, full)));
    case TimeLineEntry::Kind::kClock:
      return style.Dim(fmt::format("~ the clock moves on by {}", entry.text));
    case TimeLineEntry::Kind::kBlame:
      return style.Red(fmt::format("        ^ {}", entry.text));
    case TimeLineEntry::Kind::kFinding:
      return style.Red(fmt::format("!!! {}", entry.text));
  }
  return {};
}

// Seconds, to the microsecond; blank if it has not changed.
class TimeColumn {
 public:
  std::string Next(int64_t ns) {
    if (ns == last_) return std::string(14, ' ');
    last_ = ns;
    return fmt::format("{:>5}.{:06}  ", ns / 1'000'000'000, ns / 1'000 % 1'000'000);
  }

 private:
  int64_t last_ = -1;
};

}  // namespace

std::vector<TimeLineRow> TimeLineRows(std::span<const TimeLineEntry> entries, bool full) {
  const std::vector<bool> shown = full ? std::vector<bool>(entries.size(), true) : Shown(entries);
  std::vector<size_t> shapes = Shapes(entries);
  for (size_t i = 0; i < entries.size(); ++i) {
    const bool is_marked =
        i + 1 < entries.size() && entries[i + 1].kind == TimeLineEntry::Kind::kBlame;
    if (!shown[i] || is_marked) shapes[i] = 0;
  }
  std::vector<TimeLineRow> rows;
  size_t at = 0;
  while (at < entries.size()) {
    if (!shown[at]) {
      rows.push_back({.remark = "the same steps again, to see what builds up"});
      while (at < entries.size() && !shown[at]) ++at;
      continue;
    }
    const Loop loop = full ? Loop{} : FindLoop(shapes, at);
    for (const TimeLineEntry& entry : entries.subspan(at, loop.length)) {
      rows.push_back({.entry = &entry});
    }
    if (loop.turns > 1) {
      const std::string what =
          loop.length == 1 ? "the line" : fmt::format("the {} lines", loop.length);
      rows.push_back({.remark = fmt::format("{} above {} more times{}", what, loop.turns - 1,
                                            IsExact(entries, at, loop) ? "" : ", with other bytes"),
                      .is_loop = true});
    }
    at += loop.length * loop.turns;
  }
  return rows;
}

std::string TimeLineText(std::span<const TimeLineEntry> entries, bool full, const Style& style) {
  std::string text;
  TimeColumn column;
  for (const TimeLineRow& row : TimeLineRows(entries, full)) {
    if (row.entry != nullptr) {
      text += style.Dim(column.Next(row.entry->ns)) + Body(*row.entry, full, style) + "\n";
    } else {
      text +=
          std::string(14, ' ') +
          style.Yellow(fmt::format("{}... {} (--full shows {})\n", row.is_loop ? "        " : "",
                                   row.remark, row.is_loop ? "each" : "them"));
    }
  }
  return text;
}

std::string SocketsText(std::span<const SocketRow> sockets, bool full) {
  if (sockets.empty()) return {};
  TextTable table(
      {"State", "Recv-Q", "Send-Q", "Descriptor", "Client", "Client's state", "Client's Recv-Q"});
  const size_t shown = full ? sockets.size() : std::min(sockets.size(), kMostSockets);
  for (const SocketRow& row : sockets.first(shown)) {
    table.Add({row.server_state, fmt::to_string(row.server_recv_q),
               fmt::to_string(row.server_send_q), row.fd < 0 ? "-" : fmt::to_string(row.fd),
               row.client, row.client_state, fmt::to_string(row.client_recv_q)});
  }
  std::string text = table.ToString(2);
  if (shown < sockets.size()) {
    text += fmt::format("  ... {} more (--full shows each)\n", sockets.size() - shown);
  }
  return text;
}

}  // namespace hupstorm
