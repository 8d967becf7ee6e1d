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
  void Start(bool records);
  bool records() const { return records_; }
  // After a million entries only findings are added. `line`, `client`: see TimeLineEntry.
  void Note(TimeLineEntry::Kind kind, std::string text, int line = 0, std::string client = {});
  std::vector<TimeLineEntry> Take() { return std::move(entries_); }

 private:
  const DrivenKernel& kernel_;
  bool records_ = false;
  int64_t start_ns_ = 0;
  std::vector<TimeLineEntry> entries_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_TIME_LINE_H_
