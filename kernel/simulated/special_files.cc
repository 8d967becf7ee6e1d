#include "kernel/simulated/special_files.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "kernel/simulated/calls.h"

namespace hupstorm::simulated {
namespace {

constexpr uint64_t kMostCount = UINT64_MAX;

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

template <typename Visit>
void ForEachSignalfd(const Kernel& kernel, Visit&& visit) {
  for (int fd = kFirstDescriptor; fd < kernel.descriptors.end(); ++fd) {
    Object* const object = kernel.descriptors.Get(fd);
    if (object != nullptr && object->kind == Kind::kSignalfd)
      visit(static_cast<Signalfd&>(*object));
  }
}

bool IsBlocked(int signal) {
  uint64_t mask = 0;
  syscall(SYS_rt_sigprocmask, static_cast<long>(SIG_BLOCK), nullptr, &mask, sizeof mask);
  return (mask & Signals::Bit(signal)) != 0;
}

}  // namespace

// ---- Eventfd.

uint32_t PollEventfd(const Eventfd& eventfd) {
  uint32_t mask = 0;
  if (eventfd.count > 0) mask |= EPOLLIN;
  if (eventfd.count == kMostCount) mask |= EPOLLERR;
  if (eventfd.count < kMostCount - 1) mask |= EPOLLOUT;
  return mask;
}

ssize_t ReadEventfd(Kernel& kernel, Eventfd& eventfd, IoVector& to, int fd) {
  if (to.left() < sizeof(uint64_t)) return -EINVAL;
  while (eventfd.count == 0) {
    if (eventfd.non_blocking) return -EAGAIN;
    const int woken = Sleep(kernel, eventfd, {.call = Call::kRead, .fd = fd, .restartable = true});
    if (woken != 0) return woken;
  }
  const uint64_t value = eventfd.semaphore ? 1 : eventfd.count;
  eventfd.count -= value;
  // eventfd_read has taken the value when it copies it.
  const bool given = to.Put(value);
  Wake(kernel, eventfd, EPOLLOUT, false);
  return given ? ssize_t{sizeof(uint64_t)} : -EFAULT;
}

ssize_t WriteEventfd(Kernel& kernel, Eventfd& eventfd, IoVector& from, int fd) {
  if (from.left() != sizeof(uint64_t)) return -EINVAL;
  uint64_t value = 0;
  if (!from.Take(&value)) return -EFAULT;
  if (value == kMostCount) return -EINVAL;
  while (kMostCount - eventfd.count <= value) {
    if (eventfd.non_blocking) return -EAGAIN;
    const int woken = Sleep(kernel, eventfd, {.call = Call::kWrite, .fd = fd, .restartable = true});
    if (woken != 0) return woken;
  }
  eventfd.count += value;
  Wake(kernel, eventfd, EPOLLIN, false);
  return sizeof(uint64_t);
}

// ---- Timerfd.

bool IsValid(const timespec& time) {
  return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < kSecondNs;
}

int64_t ToNs(const timespec& time) {
  if (time.tv_sec >= INT64_MAX / kSecondNs) return INT64_MAX;
  return time.tv_sec * kSecondNs + time.tv_nsec;
}

int SetTimer(Kernel& kernel, int fd, int flags, const itimerspec* value, itimerspec* old) {
  itimerspec wanted;
  if (!CopyIn(&wanted, value)) return -EFAULT;
  if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0 || !IsValid(wanted.it_value) ||
      !IsValid(wanted.it_interval)) {
    return -EINVAL;
  }
  Object* const object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if (object->kind != Kind::kTimerfd) return -EINVAL;
  Timerfd& timerfd = static_cast<Timerfd&>(*object);
  const itimerspec former = Current(kernel, timerfd);
  kernel.timers.Disarm(timerfd.timer);
  timerfd.ticks = 0;
  timerfd.expired = false;
  timerfd.interval_ns = ToNs(wanted.it_interval);
  if (const int64_t first = ToNs(wanted.it_value); first != 0) {
    const bool absolute = (flags & TFD_TIMER_ABSTIME) != 0;
    kernel.timers.Arm(timerfd.timer,
                      absolute ? first - timerfd.ahead_ns : DeadlineAfter(kernel, first));
    if (timerfd.timer.due_ns <= kernel.timers.now_ns()) {
      kernel.timers.Disarm(timerfd.timer);
      FireTimerfd(kernel, timerfd);
    }
  }
  return old == nullptr || CopyOut(old, former) ? 0 : -EFAULT;
}

int GetTimer(Kernel& kernel, int fd, itimerspec* value) {
  Object* const object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if (object->kind != Kind::kTimerfd) return -EINVAL;
  return CopyOut(value, Current(kernel, static_cast<Timerfd&>(*object))) ? 0 : -EFAULT;
}

ssize_t ReadTimerfd(Kernel& kernel, Timerfd& timerfd, IoVector& to, int fd) {
  if (to.left() < sizeof(uint64_t)) return -EINVAL;
  while (timerfd.ticks == 0) {
    if (timerfd.non_blocking) {
      PassTime(kernel);
      return -EAGAIN;
    }
    const int woken = Sleep(kernel, timerfd, {.call = Call::kRead, .fd = fd, .restartable = true});
    if (woken != 0) return woken;
  }
  CatchUp(kernel, timerfd);
  timerfd.expired = false;
  return to.Put(std::exchange(timerfd.ticks, 0)) ? ssize_t{sizeof(uint64_t)} : -EFAULT;
}

void FireTimerfd(Kernel& kernel, Timerfd& timerfd) {
  timerfd.expired = true;
  ++timerfd.ticks;
  Wake(kernel, timerfd, EPOLLIN, false);
}

// ---- Signalfd.

bool GoesToSignalfd(const Kernel& kernel, int signal) {
  bool wanted = false;
  ForEachSignalfd(kernel, [&](const Signalfd& signalfd) {
    wanted = wanted || (signalfd.mask & Signals::Bit(signal)) != 0;
  });
  return wanted && IsBlocked(signal);
}

void LeavePending(Kernel& kernel, int signal) {
  kernel.signals.SetPending(signal);
  ForEachSignalfd(kernel, [&](Signalfd& signalfd) { Wake(kernel, signalfd, EPOLLIN, false); });
}

int OpenSignalfd(Kernel& kernel, int fd, const uint64_t* mask, size_t size, int flags) {
  if (size != sizeof(uint64_t)) return -EINVAL;
  uint64_t given;
  if (!CopyIn(&given, mask)) return -EFAULT;
  if ((flags & ~(SFD_CLOEXEC | SFD_NONBLOCK)) != 0) return -EINVAL;
  const uint64_t wanted = given & ~(Signals::Bit(SIGKILL) | Signals::Bit(SIGSTOP));
  if (fd != -1) {
    Object* const object = kernel.descriptors.Get(fd);
    if (object == nullptr) return -EBADF;
    if (object->kind != Kind::kSignalfd) return -EINVAL;
    static_cast<Signalfd&>(*object).mask = wanted;
    Wake(kernel, *object, 0, true);
    return fd;
  }
  if (kernel.descriptors.LowestFree() < 0) return -EMFILE;
  Signalfd& signalfd = *kernel.signalfds.New();
  signalfd.mask = wanted;
  signalfd.non_blocking = (flags & SFD_NONBLOCK) != 0;
  return InstallLowest(kernel, signalfd, (flags & SFD_CLOEXEC) != 0);
}

uint32_t PollSignalfd(const Kernel& kernel, const Signalfd& signalfd) {
  return (kernel.signals.pending() & signalfd.mask) != 0 ? uint32_t{EPOLLIN} : 0;
}

// Of a signal nothing is told but its number, and that a process sent it.
ssize_t ReadSignalfd(Kernel& kernel, Signalfd& signalfd, IoVector& to, int fd) {
  if (to.left() < sizeof(signalfd_siginfo)) return -EINVAL;
  while ((kernel.signals.pending() & signalfd.mask) == 0) {
    if (signalfd.non_blocking) return -EAGAIN;
    const int woken = Sleep(kernel, signalfd, {.call = Call::kRead, .fd = fd, .restartable = true});
    if (woken != 0) return woken;
  }
  ssize_t total = 0;
  while (to.left() >= sizeof(signalfd_siginfo)) {
    const uint64_t ready = kernel.signals.pending() & signalfd.mask;
    if (ready == 0) break;
    const int signal = std::countr_zero(ready) + 1;
    kernel.signals.Take(signal);
    signalfd_siginfo info = {};
    info.ssi_signo = static_cast<uint32_t>(signal);
    info.ssi_code = SI_USER;
    if (!to.Put(info)) return total > 0 ? total : -EFAULT;
    total += static_cast<ssize_t>(sizeof info);
  }
  return total;
}

}  // namespace hupstorm::simulated
