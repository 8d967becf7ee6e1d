// Timers of the server's process that go by the clock on the wall: setitimer(2), alarm(2),
// timer_create(2). They run on Linux; the driver reads when they go off (held/sleepers.h), and has
// them go off at once if it moves the server's clock on beyond that. How often one was overrun is
// Linux's to say: what the driver has skipped counts once.

#include "kernel/linux/preload/timers.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "base/timespec.h"
#include "kernel/in_force.h"
#include "kernel/linux/held/server_memory.h"
#include "kernel/linux/preload/enlisted_thread.h"
#include "kernel/next_symbol.h"

namespace hupstorm::preload {
namespace {

// No timer has it: Linux counts from 0 up, and libc's own numbers (of SIGEV_THREAD) are pointers.
const auto kNoTimer = reinterpret_cast<timer_t>(-1);

struct Timer {
  std::atomic<bool> exists{false};
  std::atomic<timer_t> id{kNoTimer};
  std::atomic<bool> is_silent{false};       // SIGEV_NONE: it wakes nobody
  std::atomic<int64_t> until_ns{-1};        // by the server's CLOCK_MONOTONIC; -1: not set
  std::atomic<int64_t> linux_until_ns{-1};  // by Linux's
  std::atomic<int64_t> interval_ns{0};
};

// The first is that of setitimer. Any beyond go by Linux's clock.
std::array<Timer, held::Sleepers::kMostTimers> timers;
Timer& real_timer = timers[0];

// libc's: a timer that starts threads has a number of libc's own.
struct Libc {
  int (*create)(clockid_t, sigevent*,
                timer_t*) = NextOf<int(clockid_t, sigevent*, timer_t*)>("timer_create");
  int (*set)(timer_t, int, const itimerspec*, itimerspec*) =
      NextOf<int(timer_t, int, const itimerspec*, itimerspec*)>("timer_settime");
  int (*get)(timer_t, itimerspec*) = NextOf<int(timer_t, itimerspec*)>("timer_gettime");
  int (*remove)(timer_t) = NextOf<int(timer_t)>("timer_delete");
};
const Libc& libc() {
  static const Libc functions;
  return functions;
}

int64_t LinuxNow() {
  timespec now = {};
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return Nanoseconds(now);
}

// Rounded up: nothing would be off.
timeval Timeval(const timespec& time) {
  const int64_t us = (Nanoseconds(time) + kMicrosecondNs - 1) / kMicrosecondNs;
  return {.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000};
}
itimerval AsMicroseconds(const itimerspec& value) {
  return {.it_interval = Timeval(value.it_interval), .it_value = Timeval(value.it_value)};
}
timespec ToTimespec(const timeval& time) {
  return {.tv_sec = time.tv_sec, .tv_nsec = time.tv_usec * kMicrosecondNs};
}

bool AskLinux(const Timer& timer, itimerspec* value) {
  if (&timer != &real_timer) return libc().get(timer.id, value) == 0;
  itimerval set = {};
  if (syscall(SYS_getitimer, ITIMER_REAL, &set) != 0) return false;
  *value = {.it_interval = ToTimespec(set.it_interval), .it_value = ToTimespec(set.it_value)};
  return true;
}

void Publish(const Timer& timer, held::Sleepers* sleepers) {
  if (sleepers == nullptr || timer.is_silent) return;
  sleepers->SetTimer(static_cast<size_t>(&timer - timers.data()), timer.until_ns);
}

// Asks Linux what is set.
void Learn(Timer& timer) {
  itimerspec set = {};
  if (!AskLinux(timer, &set)) return;
  const int64_t left = Nanoseconds(set.it_value);
  timer.interval_ns = Nanoseconds(set.it_interval);
  timer.linux_until_ns = left == 0 ? -1 : LinuxNow() + left;
  timer.until_ns = left == 0 ? -1 : timer.linux_until_ns + ClockOffsetNs();
  Publish(timer, SleepersOfThisProcess());
}

void FireIfDue(Timer& timer, int64_t now_ns) {
  if (timer.until_ns < 0 || timer.until_ns > now_ns || timer.is_silent) return;
  const int64_t linux_now = LinuxNow();
  if (linux_now >= timer.linux_until_ns) return Learn(timer);
  const int64_t interval = timer.interval_ns;
  const itimerspec at_once = {.it_interval = Timespec(interval), .it_value = Timespec(1)};
  if (&timer == &real_timer) {
    const itimerval value = AsMicroseconds(at_once);
    syscall(SYS_setitimer, ITIMER_REAL, &value, nullptr);
  } else {
    libc().set(timer.id, 0, &at_once, nullptr);
  }
  timer.linux_until_ns = interval == 0 ? -1 : linux_now + interval;
  timer.until_ns = interval == 0 ? -1 : now_ns + interval;
  Publish(timer, SleepersOfThisProcess());
}

// Those whose time is over. By any thread of the process.
void FireDueTimers(int64_t now_ns) {
  const HarnessScope harness;
  for (Timer& timer : timers) FireIfDue(timer, now_ns);
}

// What is left, by the server's clock.
itimerspec LeftOf(const Timer& timer) {
  const int64_t until = timer.until_ns;
  const int64_t interval = timer.interval_ns;
  if (until < 0) return {.it_interval = Timespec(interval), .it_value = {}};
  int64_t left = until - LinuxNow() - ClockOffsetNs();
  if (timer.is_silent && left <= 0) {
    left = interval == 0 ? 0 : interval - -left % interval;
  } else {
    left = std::max<int64_t>(left, 1);  // it is just about to go off
  }
  return {.it_interval = Timespec(interval), .it_value = Timespec(left)};
}

bool IsServers() { return in_force.in_server && IsDriven(); }

// Null for those that count processor time, and for anybody but a server.
Timer* RealTimer(int which) {
  if (which != ITIMER_REAL || !IsServers()) return nullptr;
  real_timer.exists = true;
  return &real_timer;
}

Timer* Find(timer_t id) {
  if (!IsServers()) return nullptr;
  const auto found = std::find_if(timers.begin() + 1, timers.end(), [&](const Timer& timer) {
    return timer.exists && timer.id == id;
  });
  return found == timers.end() ? nullptr : &*found;
}

bool GoesOnWithClock(clockid_t clock) {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
      return true;
    default:
      return false;
  }
}

void Forget(Timer& timer) {
  timer.until_ns = timer.linux_until_ns = -1;
  Publish(timer, SleepersOfThisProcess());
  timer.id = kNoTimer;
  timer.is_silent = false;
  timer.interval_ns = 0;
  timer.exists = false;
}

}  // namespace

void TellOfTimers(held::Sleepers& sleepers) {
  sleepers.FireTimersBy(FireDueTimers);
  real_timer.exists = true;  // set by exec's caller, perhaps
  for (Timer& timer : timers) {
    if (timer.exists) Learn(timer);
    Publish(timer, &sleepers);
  }
}

void ForgetTimers() {
  for (Timer& timer : timers) Forget(timer);
}

}  // namespace hupstorm::preload

using namespace hupstorm;           // NOLINT: every line below is this library's
using namespace hupstorm::preload;  // NOLINT

extern "C" {

int setitimer(__itimer_which_t which, const itimerval* value, itimerval* old) noexcept {
  auto* const timer = RealTimer(which);
  itimerspec left = {};
  if (timer != nullptr) left = LeftOf(*timer);
  const long result = syscall(SYS_setitimer, which, value, old);
  if (result != 0 || timer == nullptr) return static_cast<int>(result);
  if (old != nullptr) *old = AsMicroseconds(left);
  Learn(*timer);
  return 0;
}

int getitimer(__itimer_which_t which, itimerval* value) noexcept {
  const long result = syscall(SYS_getitimer, which, value);
  auto* const timer = RealTimer(which);
  if (result == 0 && timer != nullptr) *value = AsMicroseconds(LeftOf(*timer));
  return static_cast<int>(result);
}

unsigned alarm(unsigned seconds) noexcept {
  const itimerval value = {.it_interval = {}, .it_value = {.tv_sec = seconds, .tv_usec = 0}};
  itimerval old = {};
  if (setitimer(ITIMER_REAL, &value, &old) != 0) return 0;
  const auto left = static_cast<unsigned>(old.it_value.tv_sec);
  const bool round_up = old.it_value.tv_usec >= 500'000 || (left == 0 && old.it_value.tv_usec > 0);
  return round_up ? left + 1 : left;
}

useconds_t ualarm(useconds_t value, useconds_t interval) noexcept {
  constexpr useconds_t kSecond = 1'000'000;
  const auto time = [](useconds_t us) {
    return timeval{.tv_sec = us / kSecond, .tv_usec = us % kSecond};
  };
  const itimerval next = {.it_interval = time(interval), .it_value = time(value)};
  itimerval old = {};
  if (setitimer(ITIMER_REAL, &next, &old) != 0) return static_cast<useconds_t>(-1);
  return static_cast<useconds_t>(old.it_value.tv_sec * kSecond + old.it_value.tv_usec);
}

int timer_create(clockid_t clock, sigevent* event, timer_t* id) noexcept {
  const int result = libc().create(clock, event, id);
  if (result != 0 || !IsServers() || !GoesOnWithClock(clock)) return result;
  for (auto timer = timers.begin() + 1; timer != timers.end(); ++timer) {
    if (timer->exists.exchange(true)) continue;
    timer->is_silent = event != nullptr && event->sigev_notify == SIGEV_NONE;
    timer->id = *id;
    break;
  }
  return 0;
}

int timer_settime(timer_t id, int flags, const itimerspec* value, itimerspec* old) noexcept {
  auto* const timer = Find(id);
  if (timer == nullptr) return libc().set(id, flags, value, old);
  const itimerspec left = LeftOf(*timer);
  itimerspec by_linux = {};
  if ((flags & TIMER_ABSTIME) != 0 &&
      held::CopyFromServer(&by_linux, value, sizeof by_linux) == sizeof by_linux &&
      by_linux.it_value.tv_nsec >= 0 && by_linux.it_value.tv_nsec < kSecondNs) {
    const int64_t until = Nanoseconds(by_linux.it_value);
    if (until > 0) by_linux.it_value = Timespec(std::max<int64_t>(until - ClockOffsetNs(), 1));
    value = &by_linux;
  }
  const int result = libc().set(id, flags, value, old);
  if (result != 0) return result;
  if (old != nullptr) *old = left;
  Learn(*timer);
  return 0;
}

int timer_gettime(timer_t id, itimerspec* value) noexcept {
  const int result = libc().get(id, value);
  const auto* const timer = Find(id);
  if (result == 0 && timer != nullptr) *value = LeftOf(*timer);
  return result;
}

int timer_delete(timer_t id) noexcept {
  if (auto* const timer = Find(id)) Forget(*timer);
  return libc().remove(id);
}

}  // extern "C"
