#include "conform/outcome.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernel/trace/symbols.h"

namespace hupstorm::conform {
namespace {

constexpr size_t kShownBytes = 16;

std::string BytesText(const std::vector<std::byte>& bytes) {
  std::string text = " [";
  for (size_t i = 0; i < std::min(bytes.size(), kShownBytes); ++i) {
    text += fmt::format("{}{:02x}", i > 0 ? " " : "", static_cast<int>(bytes[i]));
  }
  return text + (bytes.size() > kShownBytes ? " ...]" : "]");
}

}  // namespace

std::string OutcomeText(const Program& program, size_t index, const Outcome& outcome) {
  if (outcome.skipped) return "not made";
  std::string text = fmt::format("{}", outcome.result);
  if (outcome.result == -1) text += " " + ErrorName(outcome.error);
  if (outcome.sigpipes > 0) text += " and SIGPIPE";
  if (!outcome.in_order) text += " out of order";
  for (int i = 0; i < outcome.value_count; ++i) {
    text += fmt::format("{}{}", i == 0 ? " value " : ", ", outcome.values[static_cast<size_t>(i)]);
  }
  const Code code = program.operations[index].code;
  if (!outcome.events.empty()) {
    text += " {";
    for (size_t i = 0; i < outcome.events.size(); ++i) {
      const Seen& seen = outcome.events[i];
      text += i > 0 ? ", " : "";
      if (code == Code::kEpollWait) {
        text += fmt::format("data {}: {}", seen.data, EpollEventNames(seen.events));
      } else {
        text += fmt::format("{}: {}", SlotName(program, static_cast<int>(seen.data), index),
                            PollEventNames(static_cast<int>(seen.events)));
      }
    }
    text += "}";
  }
  if (!outcome.bytes.empty()) text += BytesText(outcome.bytes);
  return text;
}

}  // namespace hupstorm::conform
