// futex(2) by number: how Rust's and C++20's waits block, and libraries that bring locks of their
// own.

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

#include "base/timespec.h"
#include "kernel/inside/threads/waits.h"

namespace hupstorm::inside {
namespace {

// A relative time for FUTEX_WAIT, a point of a clock for FUTEX_WAIT_BITSET; -1: for ever.
int64_t DeadlineOfFutex(int operation, const timespec* timeout) {
  if (timeout == nullptr) return -1;
  if ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT) {
    return TheScheduler()->host().now_ns() + Nanoseconds(*timeout);
  }
  const bool is_realtime = (operation & FUTEX_CLOCK_REALTIME) != 0;
  return DeadlineOf(is_realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, timeout);
}

long Fail(int error) {
  errno = error;
  return -1;
}

}  // namespace

long MakeFutexCall(const long (&a)[6]) {
  auto* const word = reinterpret_cast<volatile int*>(a[0]);
  const void* const address = reinterpret_cast<const void*>(a[0]);
  const auto operation = static_cast<int>(a[1]);
  const auto value = static_cast<int>(a[2]);
  switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      TheScheduler()->Point();
      if (*word != value) return Fail(EAGAIN);
      const auto* const timeout = reinterpret_cast<const timespec*>(a[3]);
      const int64_t deadline = DeadlineOfFutex(operation, timeout);
      switch (TheScheduler()->Block(WaitFor::kFutex, address, deadline)) {
        case Scheduler::Woken::kByTime:
          return Fail(ETIMEDOUT);
        case Scheduler::Woken::kBySignal:
          return Fail(EINTR);
        default:
          return 0;
      }
    }
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET: {
      const int woken = TheScheduler()->Wake(address, value);
      TheScheduler()->Point();
      return woken;
    }
    default:
      // Requeuing, and mutexes with an owner, are glibc's own affair.
      return Fail(ENOSYS);
  }
}

}  // namespace hupstorm::inside
