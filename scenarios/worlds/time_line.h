// What happens in a run, in order, to be read by people.

#ifndef HUPSTORM_SCENARIOS_WORLDS_TIME_LINE_H_
#define HUPSTORM_SCENARIOS_WORLDS_TIME_LINE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kernel/driven_kernel.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {

class TimeLine {
 public:
  // Entries bear the time of `kernel`.
  explicit TimeLine(const DrivenKernel& kernel) : kernel_(kernel) {}

  // For a new run, which begins now. Entries are kept only if `records`.
  void Start(bool records) {
    records_ = records;
    start_ns_ = kernel_.now_ns();
    entries_.clear();
    constexpr size_t kUsual = 256;  // entries, of nearly all runs
    if (records) entries_.reserve(kUsual);
  }
  bool records() const { return records_; }
  // After a million entries only findings are added. `line`, `client`, `call`: see TimeLineEntry.
  void Note(TimeLineEntry::Kind kind, std::string text, int line = 0, std::string client = {},
            uint64_t call = 0) {
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
                        .client = std::move(client),
                        .call = call});
  }
  std::vector<TimeLineEntry> Take() { return std::move(entries_); }

 private:
  const DrivenKernel& kernel_;
  bool records_ = false;
  int64_t start_ns_ = 0;
  std::vector<TimeLineEntry> entries_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_TIME_LINE_H_
