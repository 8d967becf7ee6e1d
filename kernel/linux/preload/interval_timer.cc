// setitimer(2) and its kin, so that the driver knows when the server's timer goes off: see
// held/interval_timer.h.

#include "kernel/linux/held/interval_timer.h"

#include "kernel/in_force.h"
#include "kernel/linux/preload/enlisted_thread.h"

namespace hupstorm::preload {
namespace {

// Null for the other timers, which count processor time, and for anybody but a server.
held::IntervalTimer* TimerOf(int which) {
  if (which != ITIMER_REAL || !in_force.in_server) return nullptr;
  held::Sleepers* const sleepers = SleepersOfThisProcess();
  return sleepers == nullptr ? nullptr : &sleepers->timer();
}

}  // namespace
}  // namespace hupstorm::preload

using namespace hupstorm::preload;  // NOLINT: every line below is this library's

extern "C" {

int setitimer(__itimer_which_t which, const itimerval* value, itimerval* old) noexcept {
  auto* const timer = TimerOf(which);
  itimerval left = {};
  if (timer != nullptr) left = timer->Left(ClockOffsetNs());
  const long result = syscall(SYS_setitimer, which, value, old);
  if (result != 0 || timer == nullptr) return static_cast<int>(result);
  if (old != nullptr) *old = left;
  timer->Learn(ClockOffsetNs());
  return 0;
}

int getitimer(__itimer_which_t which, itimerval* value) noexcept {
  const long result = syscall(SYS_getitimer, which, value);
  auto* const timer = TimerOf(which);
  if (result == 0 && timer != nullptr) *value = timer->Left(ClockOffsetNs());
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

}  // extern "C"
