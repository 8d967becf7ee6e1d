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

  void Reset() { skipped_ns_ = 0; }
  int64_t now_ns() const { return Read(CLOCK_MONOTONIC); }
  // What `clock` says to the server, in nanoseconds.
  int64_t Read(clockid_t clock) const {
    timespec now = {.tv_sec = 1, .tv_nsec = 0};
    if (kind_ == Kind::kAhead) clock_gettime(clock, &now);
    return Nanoseconds(now) + skipped_ns_;
  }
  void AdvanceTo(int64_t ns) { skipped_ns_ += std::max<int64_t>(ns - now_ns(), 0); }
  // By how much the server's clocks are ahead of where they began, or of Linux's.
  int64_t skipped_ns() const { return skipped_ns_; }

 private:
  const Kind kind_;
  std::atomic<int64_t> skipped_ns_{0};
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_SERVER_CLOCK_H_
