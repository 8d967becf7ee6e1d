#include <errno.h>

#include <algorithm>
#include <utility>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/special_files.h"

namespace hupstorm::simulated {
namespace {

// Counts the expiries since the timer fired, and sets it going again (hrtimer_forward_now).
void CatchUp(Kernel& kernel, Timerfd& timerfd) {
  if (!timerfd.expired || timerfd.interval_ns == 0) return;
  const int64_t passed = (kernel.timers.now_ns() - timerfd.timer.due_ns) / timerfd.interval_ns;
  timerfd.ticks += static_cast<uint64_t>(passed);
  timerfd.expired = false;
  kernel.timers.Arm(timerfd.timer, timerfd.timer.due_ns + (passed + 1) * timerfd.interval_ns);
}

itimerspec Current(Kernel& kernel, Timerfd& timerfd) {
  CatchUp(kernel, timerfd);
  const int64_t left = timerfd.timer.armed() ? timerfd.timer.due_ns - kernel.timers.now_ns() : 0;
  return {.it_interval = Timespec(timerfd.interval_ns),
          .it_value = Timespec(std::max<int64_t>(left, 0))};
}

}  // namespace

bool IsValid(const timespec& time) {
  return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < kSecondNs;
}

int64_t ToNs(const timespec& time) {
  if (time.tv_sec >= INT64_MAX / kSecondNs) return INT64_MAX;
  return time.tv_sec * kSecondNs + time.tv_nsec;
}

int SetTimer(Kernel& kernel, int fd, int flags, const itimerspec* value, itimerspec* old) {
  Object* const object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if (object->kind != Kind::kTimerfd) return -EINVAL;
  if (value == nullptr) return -EFAULT;
  if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0 || !IsValid(value->it_value) ||
      !IsValid(value->it_interval)) {
    return -EINVAL;
  }
  Timerfd& timerfd = static_cast<Timerfd&>(*object);
  const itimerspec former = Current(kernel, timerfd);
  const itimerspec wanted = *value;
  kernel.timers.Disarm(timerfd.timer);
  timerfd.ticks = 0;
  timerfd.expired = false;
  timerfd.interval_ns = ToNs(wanted.it_interval);
  if (const int64_t first = ToNs(wanted.it_value); first != 0) {
    const bool absolute = (flags & TFD_TIMER_ABSTIME) != 0;
    kernel.timers.Arm(timerfd.timer, absolute ? first : DeadlineAfter(kernel, first));
    if (timerfd.timer.due_ns <= kernel.timers.now_ns()) {
      kernel.timers.Disarm(timerfd.timer);
      FireTimerfd(kernel, timerfd);
    }
  }
  if (old != nullptr) *old = former;
  return 0;
}

int GetTimer(Kernel& kernel, int fd, itimerspec* value) {
  Object* const object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if (object->kind != Kind::kTimerfd) return -EINVAL;
  if (value == nullptr) return -EFAULT;
  *value = Current(kernel, static_cast<Timerfd&>(*object));
  return 0;
}

ssize_t ReadTimerfd(Kernel& kernel, Timerfd& timerfd, IoVector& to, int fd) {
  if (to.left() < sizeof(uint64_t)) return -EINVAL;
  while (timerfd.ticks == 0) {
    if (timerfd.non_blocking) return -EAGAIN;
    const int woken = Sleep(kernel, timerfd, {.call = Call::kRead, .fd = fd, .restartable = true});
    if (woken != 0) return woken;
  }
  CatchUp(kernel, timerfd);
  timerfd.expired = false;
  to.Put(std::exchange(timerfd.ticks, 0));
  return sizeof(uint64_t);
}

void FireTimerfd(Kernel& kernel, Timerfd& timerfd) {
  timerfd.expired = true;
  ++timerfd.ticks;
  Wake(kernel, timerfd, EPOLLIN, false);
}

}  // namespace hupstorm::simulated
