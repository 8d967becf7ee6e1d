// What time it is for a server that is held in its calls.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_SERVER_CLOCK_H_
#define HUPSTORM_KERNEL_LINUX_HELD_SERVER_CLOCK_H_

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/timespec.h"

namespace hupstorm::held {

// The earlier of two points of time, of which -1 is never.
inline int64_t Earlier(int64_t a, int64_t b) {
  return a < 0 || b < 0 ? std::max(a, b) : std::min(a, b);
}

class ServerClock {
 public:
  enum class Kind : uint8_t {
    // Stands still unless it is advanced, and starts where the simulated clock does. For a server
    // that asks for the time in held calls only.
    kStill,
    // Runs with Linux's clocks, ahead of them by what has been skipped. For a server that may ask
    // Linux behind its driver's back, or tell others the time.
    kAhead,
  };

  explicit ServerClock(Kind kind) : kind_(kind) {}

  void Reset() {
    skipped_ns_ = stood_still_ns_ = 0;
    stopped_at_ns_ = -1;
  }
  int64_t now_ns() const { return Read(CLOCK_MONOTONIC); }
  // What `clock` says to the server, in nanoseconds.
  int64_t Read(clockid_t clock) const {
    timespec now = {.tv_sec = 1, .tv_nsec = 0};
    if (kind_ == Kind::kAhead) clock_gettime(clock, &now);
    return Nanoseconds(now) + skipped_ns_;
  }
  void AdvanceTo(int64_t ns) { skipped_ns_ += std::max<int64_t>(ns - now_ns(), 0); }
  // They have stood still for so long, beside Linux's.
  void SetBack(int64_t ns) { skipped_ns_ -= ns; }
  // By how much the server's clocks are ahead of where they began, or of Linux's.
  int64_t skipped_ns() const { return skipped_ns_; }

  // Timeouts of held calls stand still while it is found out whether all sleep: on a slow machine
  // that takes longer than a short tick of the server's, which would never be at rest.
  void StopTimeouts() {
    if (stopped_at_ns_ < 0) stopped_at_ns_ = now_ns();
  }
  void RunTimeouts() {
    if (stopped_at_ns_ >= 0) stood_still_ns_ += now_ns() - stopped_at_ns_;
    stopped_at_ns_ = -1;
  }
  // What time it is for them.
  int64_t timeouts_now_ns() const {
    return (stopped_at_ns_ < 0 ? now_ns() : stopped_at_ns_) - stood_still_ns_;
  }
  // When one is over that ends at `ns` of that time, while they run; -1 for never.
  int64_t EndOfTimeout(int64_t ns) const { return ns < 0 ? ns : ns + stood_still_ns_; }

 private:
  const Kind kind_;
  int64_t stopped_at_ns_ = -1;  // by now_ns(); -1: timeouts run
  int64_t stood_still_ns_ = 0;
  std::atomic<int64_t> skipped_ns_{0};
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_SERVER_CLOCK_H_
