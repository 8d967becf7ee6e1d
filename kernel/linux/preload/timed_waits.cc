// libc's waits with a timeout that are no system calls on descriptors: condition variables,
// semaphores, locks, signals, futexes. They sleep on Linux, by a clock that the driver may move on.
//
// A deadline is a point of the server's clock, which is ahead of Linux's, and what is skipped while
// the thread sleeps must wake it. A condition variable is broadcast by another thread then. The
// others, which miss nothing between two sleeps, sleep a few milliseconds at a time.

#include "kernel/linux/preload/timed_waits.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "base/timespec.h"
#include "kernel/c11_result.h"
#include "kernel/in_force.h"
#include "kernel/linux/preload/enlisted_thread.h"
#include "kernel/next_symbol.h"

namespace hupstorm::preload {
namespace {

constexpr int64_t kSliceNs = 4'000'000;

bool IsRefused(const timespec* time) {
  return time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= kSecondNs;
}
// Calls without a timeout, or with one that Linux refuses, and those of anybody but a server.
bool GoesToLinux(const timespec* time) {
  return time == nullptr || IsRefused(time) || !in_force.in_server || !IsEnlisted();
}

int64_t LinuxClock(clockid_t clock) {
  timespec now = {};
  syscall(SYS_clock_gettime, clock, &now);
  return Nanoseconds(now);
}

// A sleep until a point of the server's clock, which the driver knows of meanwhile.
class NotedSleep {
 public:
  NotedSleep(clockid_t clock, int64_t until_ns, pthread_cond_t* condition = nullptr)
      : clock_(clock), until_ns_(until_ns), sleepers_(SleepersOfThisProcess()) {
    const int64_t left = until_ns - ServerNow();
    if (sleepers_ == nullptr || left <= 0) return;
    place_ = sleepers_->Add(LinuxClock(CLOCK_MONOTONIC) + ClockOffsetNs() + left, condition);
  }
  ~NotedSleep() {
    if (sleepers_ != nullptr) sleepers_->Remove(place_);
  }
  NotedSleep(const NotedSleep&) = delete;
  NotedSleep& operator=(const NotedSleep&) = delete;

  bool IsOver() const { return ServerNow() >= until_ns_; }
  // The end by Linux's clock, as things are; that of the next slice.
  timespec LinuxEnd() const { return Timespec(std::max<int64_t>(until_ns_ - ClockOffsetNs(), 0)); }
  timespec SliceEnd() const {
    return Timespec(
        std::clamp<int64_t>(until_ns_ - ClockOffsetNs(), 0, LinuxClock(clock_) + kSliceNs));
  }
  timespec SliceLeft() const {
    return Timespec(std::clamp<int64_t>(until_ns_ - ServerNow(), 0, kSliceNs));
  }

 private:
  int64_t ServerNow() const { return LinuxClock(clock_) + ClockOffsetNs(); }

  const clockid_t clock_;
  const int64_t until_ns_;
  held::Sleepers* const sleepers_;
  int place_ = -1;
};

// `wait` sleeps until a point of Linux's clock, and gives an error or 0.
template <typename Wait>
int WaitAtCondition(pthread_cond_t* condition, clockid_t clock, const timespec* until, Wait wait) {
  const NotedSleep sleep(clock, Nanoseconds(*until), condition);
  const timespec end = sleep.LinuxEnd();
  const int result = wait(&end);
  // Woken by the driver, as time has passed.
  return result == 0 && sleep.IsOver() ? ETIMEDOUT : result;
}

// `wait` sleeps for a slice; true if it is over.
template <typename Wait>
bool WaitInSlices(const NotedSleep& sleep, Wait wait) {
  while (!wait()) {
    if (sleep.IsOver()) return false;
  }
  return true;
}

// For locks: `lock` waits until a point of Linux's clock, and gives an error or 0.
template <typename Lock>
int LockInSlices(clockid_t clock, const timespec* until, Lock lock) {
  const NotedSleep sleep(clock, Nanoseconds(*until));
  int result = ETIMEDOUT;
  WaitInSlices(sleep, [&] {
    const timespec next = sleep.SliceEnd();
    result = lock(&next);
    return result != ETIMEDOUT;
  });
  return result;
}

}  // namespace

long WaitAtFutex(const FutexCall& call) {
  const int command = static_cast<int>(call.operation) & FUTEX_CMD_MASK;
  const auto* const timeout = reinterpret_cast<const timespec*>(call.timeout);
  const auto make = [&](const timespec* until) {
    return syscall(SYS_futex, call.address, call.operation, call.value, until, call.second,
                   call.third);
  };
  const bool waits = command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET;
  if (!waits || GoesToLinux(timeout)) {
    const HarnessScope harness;
    return make(timeout);
  }
  const bool is_realtime = (call.operation & FUTEX_CLOCK_REALTIME) != 0;
  const clockid_t clock =
      is_realtime && command == FUTEX_WAIT_BITSET ? CLOCK_REALTIME : CLOCK_MONOTONIC;
  const int64_t begin = command == FUTEX_WAIT ? LinuxClock(clock) + ClockOffsetNs() : 0;
  const HarnessScope harness;
  const NotedSleep sleep(clock, begin + Nanoseconds(*timeout));
  long result = -1;
  WaitInSlices(sleep, [&] {
    const timespec next = command == FUTEX_WAIT ? sleep.SliceLeft() : sleep.SliceEnd();
    result = make(&next);
    return result != -1 || errno != ETIMEDOUT;
  });
  return result;
}

}  // namespace hupstorm::preload

using hupstorm::Nanoseconds;
using hupstorm::NextOf;
using hupstorm::ToC11;
using namespace hupstorm::preload;  // NOLINT: every line below is this library's

extern "C" {

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* until) {
  static const auto real = NextOf<int(pthread_cond_t*, pthread_mutex_t*, const timespec*)>(
      "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (GoesToLinux(until)) return real(condition, mutex, until);
  constexpr unsigned kIsMonotonic = 2;  // glibc's __PTHREAD_COND_CLOCK_MONOTONIC_MASK
  const bool is_monotonic = (condition->__data.__wrefs & kIsMonotonic) != 0;
  return WaitAtCondition(condition, is_monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME, until,
                         [&](const timespec* end) { return real(condition, mutex, end); });
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* until) {
  static const auto real =
      NextOf<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>(
          "pthread_cond_clockwait");
  if (GoesToLinux(until)) return real(condition, mutex, clock, until);
  return WaitAtCondition(condition, clock, until,
                         [&](const timespec* end) { return real(condition, mutex, clock, end); });
}

// C11's are glibc's own, by other names.
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  const int error = pthread_cond_timedwait(reinterpret_cast<pthread_cond_t*>(condition),
                                           reinterpret_cast<pthread_mutex_t*>(mutex), until);
  return ToC11(error);
}

int pthread_mutex_clocklock(pthread_mutex_t* lock, clockid_t clock,
                            const timespec* until) noexcept {
  static const auto real =
      NextOf<int(pthread_mutex_t*, clockid_t, const timespec*)>("pthread_mutex_clocklock");
  if (GoesToLinux(until)) return real(lock, clock, until);
  return LockInSlices(clock, until, [&](const timespec* end) { return real(lock, clock, end); });
}
int pthread_mutex_timedlock(pthread_mutex_t* lock, const timespec* until) noexcept {
  return pthread_mutex_clocklock(lock, CLOCK_REALTIME, until);
}

int pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock,
                               const timespec* until) noexcept {
  static const auto real =
      NextOf<int(pthread_rwlock_t*, clockid_t, const timespec*)>("pthread_rwlock_clockrdlock");
  if (GoesToLinux(until)) return real(lock, clock, until);
  return LockInSlices(clock, until, [&](const timespec* end) { return real(lock, clock, end); });
}
int pthread_rwlock_timedrdlock(pthread_rwlock_t* lock, const timespec* until) noexcept {
  return pthread_rwlock_clockrdlock(lock, CLOCK_REALTIME, until);
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock,
                               const timespec* until) noexcept {
  static const auto real =
      NextOf<int(pthread_rwlock_t*, clockid_t, const timespec*)>("pthread_rwlock_clockwrlock");
  if (GoesToLinux(until)) return real(lock, clock, until);
  return LockInSlices(clock, until, [&](const timespec* end) { return real(lock, clock, end); });
}
int pthread_rwlock_timedwrlock(pthread_rwlock_t* lock, const timespec* until) noexcept {
  return pthread_rwlock_clockwrlock(lock, CLOCK_REALTIME, until);
}

int mtx_timedlock(mtx_t* mutex, const timespec* until) {
  const int error = pthread_mutex_timedlock(reinterpret_cast<pthread_mutex_t*>(mutex), until);
  return ToC11(error);
}

int thrd_sleep(const timespec* time, timespec* left) {
  if (nanosleep(time, left) == 0) return 0;
  return errno == EINTR ? -1 : -2;
}

int sem_clockwait(sem_t* semaphore, clockid_t clock, const timespec* until) {
  static const auto real = NextOf<int(sem_t*, clockid_t, const timespec*)>("sem_clockwait");
  if (GoesToLinux(until)) return real(semaphore, clock, until);
  const NotedSleep sleep(clock, Nanoseconds(*until));
  int result = -1;
  WaitInSlices(sleep, [&] {
    const timespec next = sleep.SliceEnd();
    result = real(semaphore, clock, &next);
    return result == 0 || errno != ETIMEDOUT;
  });
  return result;
}

int sem_timedwait(sem_t* semaphore, const timespec* until) {
  static const auto real = NextOf<int(sem_t*, const timespec*)>("sem_timedwait");
  return GoesToLinux(until) ? real(semaphore, until)
                            : sem_clockwait(semaphore, CLOCK_REALTIME, until);
}

int sigtimedwait(const sigset_t* signals, siginfo_t* info, const timespec* timeout) {
  static const auto real =
      NextOf<int(const sigset_t*, siginfo_t*, const timespec*)>("sigtimedwait");
  if (GoesToLinux(timeout)) return real(signals, info, timeout);
  const NotedSleep sleep(CLOCK_MONOTONIC,
                         LinuxClock(CLOCK_MONOTONIC) + ClockOffsetNs() + Nanoseconds(*timeout));
  int result = -1;
  WaitInSlices(sleep, [&] {
    const timespec next = sleep.SliceLeft();
    result = real(signals, info, &next);
    return result != -1 || errno != EAGAIN;
  });
  return result;
}

}  // extern "C"
