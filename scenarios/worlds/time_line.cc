#include "scenarios/worlds/time_line.h"

namespace hupstorm {

void TimeLine::Start(bool records) {
  records_ = records;
  start_ns_ = kernel_.now_ns();
  entries_.clear();
  constexpr size_t kUsual = 256;  // entries, of nearly all runs
  if (records) entries_.reserve(kUsual);
}

void TimeLine::Note(TimeLineEntry::Kind kind, std::string text, int line, std::string client) {
  // So that a scenario of millions of steps does not take all memory.
  constexpr size_t kMost = 1'000'000;
  if (!records_) return;
  if (entries_.size() >= kMost && kind != TimeLineEntry::Kind::kFinding) {
    if (entries_.size() > kMost) return;
    text = "the time line is cut here: it has a million entries";
    kind = TimeLineEntry::Kind::kEpilogue;
  }
  entries_.push_back({.kind = kind,
                      .ns = kernel_.now_ns() - start_ns_,
                      .line = line,
                      .text = std::move(text),
                      .client = std::move(client)});
}

}  // namespace hupstorm
