#include "conform/statistics.h"

#include <fmt/format.h>

#include "kernel/trace/symbols.h"

namespace hupstorm::conform {

void Statistics::Add(const Operation& operation, const Outcome& host,
                     const std::vector<Seen>& readiness) {
  Calls& calls = calls_[static_cast<size_t>(operation.code)];
  ++calls.made;
  if (host.result == -1) ++calls.errors[host.error];
  if (operation.code == Code::kEpollWait) {
    for (const Seen& seen : host.events) ++epoll_events_[seen.events];
  }
  for (const Seen& seen : readiness) ++readiness_[seen.events];
}

std::string Statistics::ToText() const {
  std::string text = "calls:\n";
  for (int i = 0; i < kCodes; ++i) {
    const Calls& calls = calls_[static_cast<size_t>(i)];
    text += fmt::format("  {:<16}{:>10}", CodeName(static_cast<Code>(i)), calls.made);
    for (const auto& [error, count] : calls.errors) {
      text += fmt::format("  {} {}", ErrorName(error), count);
    }
    text += "\n";
  }
  text += "events that epoll_wait reported:\n";
  for (const auto& [events, count] : epoll_events_) {
    text += fmt::format("  {:>10}  {}\n", count, EpollEventNames(events));
  }
  text += "readiness of descriptors after calls:\n";
  for (const auto& [events, count] : readiness_) {
    text += fmt::format("  {:>10}  {}\n", count, PollEventNames(static_cast<int>(events)));
  }
  return text;
}

}  // namespace hupstorm::conform
