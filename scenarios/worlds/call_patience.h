// Whether a server that makes no calls may be given more time: it is given up when it runs on and
// on, but not for what is not its fault. It may wait for a busy processor, and it may sleep while
// its driver works, which looks at thousands of its threads, say.

#ifndef HUPSTORM_SCENARIOS_WORLDS_CALL_PATIENCE_H_
#define HUPSTORM_SCENARIOS_WORLDS_CALL_PATIENCE_H_

#include <chrono>
#include <cstdint>

namespace hupstorm {

class CallPatience {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Nanoseconds = std::chrono::nanoseconds;

  // How far apart looks are to be.
  static constexpr std::chrono::seconds kBetweenLooks{1};
  // Processor time that a server may use from one call to the next on a busy machine.
  static constexpr std::chrono::seconds kMostWork{5};
  // How long it may sleep while nothing is let happen.
  static constexpr std::chrono::seconds kLongestSleep{120};

  bool IsTimeToLook(TimePoint now) const { return now - looked_at_ >= kBetweenLooks; }

  // At a look. `calls`: that the server has made so far. `used`: processor time of its processes so
  // far. `starved`: how long one of its threads has been ready without a processor so far.
  bool IsExcused(TimePoint now, uint64_t calls, Nanoseconds used, Nanoseconds starved) {
    const Nanoseconds elapsed = now - looked_at_;
    if (calls != calls_) {
      used_at_call_ = used;
      called_at_ = now;
    }
    const bool starves = 2 * (starved - starved_) >= elapsed;
    const bool sleeps = 10 * (used - used_) < elapsed && now - called_at_ < kLongestSleep;
    const bool worked_on = used - used_at_call_ >= kMostWork;
    looked_at_ = now;
    calls_ = calls;
    used_ = used;
    starved_ = starved;
    return (starves || sleeps) && !worked_on;
  }

 private:
  TimePoint looked_at_ = {};
  TimePoint called_at_ = {};
  uint64_t calls_ = 0;
  Nanoseconds used_{0};
  Nanoseconds used_at_call_{0};
  Nanoseconds starved_{0};
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_CALL_PATIENCE_H_
