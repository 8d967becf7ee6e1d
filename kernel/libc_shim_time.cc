// libc's clocks, timers and sleeps. See libc_shim.h.

#include <dlfcn.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "kernel/libc_shim.h"

using hupstorm::HostKernel;
using hupstorm::Syscalls;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

namespace {

// libc's own clock_gettime, which asks the vDSO: ten times as fast as the system call, and a
// fuzzer's engine asks at every run. Null until constructors run.
int (*linux_clock)(clockid_t clock, timespec* now) = nullptr;

[[gnu::constructor]] void FindLinuxClock() {
  linux_clock = reinterpret_cast<int (*)(clockid_t, timespec*)>(dlsym(RTLD_NEXT, "clock_gettime"));
}

int LinuxClock(clockid_t clock, timespec* now) {
  if (linux_clock != nullptr) return linux_clock(clock, now);
  return HostKernel().ClockGettime(clock, now);
}

// sleep and usleep: nanosleep by another name.
int Sleep(timespec& request, timespec& remaining) {
  return Dispatch([&](Syscalls& k) { return k.Nanosleep(&request, &remaining); });
}

bool IsBefore(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

timespec Difference(const timespec& later, const timespec& earlier) {
  timespec result{.tv_sec = later.tv_sec - earlier.tv_sec,
                  .tv_nsec = later.tv_nsec - earlier.tv_nsec};
  if (result.tv_nsec < 0) {
    --result.tv_sec;
    result.tv_nsec += 1'000'000'000;
  }
  return result;
}

}  // namespace

extern "C" {

int timerfd_create(clockid_t clock, int flags) noexcept {
  return DispatchNothrow("timerfd_create",
                         [&](Syscalls& k) { return k.TimerfdCreate(clock, flags); });
}

int timerfd_settime(int fd, int flags, const itimerspec* value, itimerspec* old) noexcept {
  KernelReads(value, sizeof(*value));
  KernelWrites(old, sizeof(*old));
  return DispatchNothrow("timerfd_settime",
                         [&](Syscalls& k) { return k.TimerfdSettime(fd, flags, value, old); });
}

int timerfd_gettime(int fd, itimerspec* value) noexcept {
  KernelWrites(value, sizeof(*value));
  return DispatchNothrow("timerfd_gettime",
                         [&](Syscalls& k) { return k.TimerfdGettime(fd, value); });
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  KernelWrites(now, sizeof(*now));
  if (!IsServersCall()) return LinuxClock(clock, now);
  return DispatchNothrow("clock_gettime", [&](Syscalls& k) { return k.ClockGettime(clock, now); });
}

int gettimeofday(timeval* now, void* zone) noexcept {
  KernelWrites(now, sizeof(*now));
  if (zone != nullptr && !IsServersCall()) {
    return static_cast<int>(syscall(SYS_gettimeofday, now, zone));
  }
  timespec precise{};
  const int result = clock_gettime(CLOCK_REALTIME, &precise);
  *now = {.tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000};
  return result;
}

time_t time(time_t* now) noexcept {
  timespec precise{};
  clock_gettime(CLOCK_REALTIME, &precise);
  if (now != nullptr) *now = precise.tv_sec;
  return precise.tv_sec;
}

int nanosleep(const timespec* request, timespec* remaining) {
  KernelReads(request, sizeof(*request));
  KernelWrites(remaining, sizeof(*remaining));
  return Dispatch([&](Syscalls& k) { return k.Nanosleep(request, remaining); });
}

// Returns the error instead of setting errno. For the server every clock runs alike, and an
// absolute time is turned into what is left until then.
int clock_nanosleep(clockid_t clock, int flags, const timespec* request, timespec* remaining) {
  KernelReads(request, sizeof(*request));
  KernelWrites(remaining, sizeof(*remaining));
  const int former_errno = errno;
  int result;
  if (!IsServersCall()) {
    result = static_cast<int>(syscall(SYS_clock_nanosleep, clock, flags, request, remaining));
  } else {
    result = HandOver([&](Syscalls& k) {
      if ((flags & TIMER_ABSTIME) == 0) return k.Nanosleep(request, remaining);
      timespec now{};
      if (k.ClockGettime(clock, &now) == -1) return -1;
      if (!IsBefore(now, *request)) return 0;
      const timespec left = Difference(*request, now);
      return k.Nanosleep(&left, nullptr);
    });
  }
  if (result == 0) return 0;
  const int error = errno;
  errno = former_errno;
  return error;
}

int usleep(useconds_t microseconds) {
  timespec request{.tv_sec = microseconds / 1'000'000,
                   .tv_nsec = static_cast<long>(microseconds % 1'000'000) * 1000};
  timespec remaining{};
  return Sleep(request, remaining);
}

unsigned sleep(unsigned seconds) {
  timespec request{.tv_sec = static_cast<time_t>(seconds), .tv_nsec = 0};
  timespec remaining{};
  if (Sleep(request, remaining) == 0) return 0;
  return static_cast<unsigned>(remaining.tv_sec + (remaining.tv_nsec >= 500'000'000 ? 1 : 0));
}

}  // extern "C"
