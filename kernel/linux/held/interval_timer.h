// The interval timer of a server's process (setitimer(2), alarm(2)). It runs on Linux; the driver
// reads when it goes off, and has it go off at once if it moves the clock on beyond that. In memory
// that is shared with the driver.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_INTERVAL_TIMER_H_
#define HUPSTORM_KERNEL_LINUX_HELD_INTERVAL_TIMER_H_

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "base/timespec.h"

namespace hupstorm::held {

class IntervalTimer {
 public:
  // ---- The server's.

  // Asks Linux what is set. `ahead_ns`: of Linux's clock, the server's.
  void Learn(int64_t ahead_ns) {
    itimerval set = {};
    if (syscall(SYS_getitimer, ITIMER_REAL, &set) != 0) return;
    const int64_t left = Nanoseconds(set.it_value);
    interval_ns_ = Nanoseconds(set.it_interval);
    linux_until_ns_ = LinuxNow() + left;
    until_ns_ = left == 0 ? -1 : LinuxNow() + left + ahead_ns;
  }

  // Sends its signal if it is due at `now_ns` of the server's clock, and Linux does not think so.
  void FireIfDue(int64_t now_ns) {
    if (!IsDue(now_ns)) return;
    const int64_t linux_now = LinuxNow();
    if (linux_now >= linux_until_ns_) return Learn(now_ns - linux_now);
    const int64_t interval = interval_ns_;
    itimerval at_once = {.it_interval = Timeval(interval), .it_value = {.tv_sec = 0, .tv_usec = 1}};
    syscall(SYS_setitimer, ITIMER_REAL, &at_once, nullptr);
    linux_until_ns_ = linux_now + interval;
    until_ns_ = interval == 0 ? -1 : now_ns + interval;
  }

  // What getitimer says, by the server's clock.
  itimerval Left(int64_t ahead_ns) const {
    const int64_t until = until_ns_;
    if (until < 0) return {};
    const int64_t left = until - LinuxNow() - ahead_ns;
    return {.it_interval = Timeval(interval_ns_),
            .it_value = Timeval(left < kMicrosecondNs ? kMicrosecondNs : left)};
  }

  // ---- The driver's.

  // When it goes off, by the server's CLOCK_MONOTONIC; -1 for never.
  int64_t until_ns() const { return until_ns_; }
  bool IsDue(int64_t now_ns) const { return until_ns_ >= 0 && until_ns_ <= now_ns; }

 private:
  static int64_t LinuxNow() {
    timespec now = {};
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return hupstorm::Nanoseconds(now);
  }
  static int64_t Nanoseconds(const timeval& time) {
    return time.tv_sec * kSecondNs + time.tv_usec * kMicrosecondNs;
  }
  static timeval Timeval(int64_t ns) {
    return {.tv_sec = ns / kSecondNs, .tv_usec = ns % kSecondNs / kMicrosecondNs};
  }

  std::atomic<int64_t> until_ns_{-1};
  std::atomic<int64_t> linux_until_ns_{0};  // by Linux's clock
  std::atomic<int64_t> interval_ns_{0};
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_INTERVAL_TIMER_H_
