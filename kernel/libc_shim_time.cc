// libc's clocks, timers and sleeps. See libc_shim.h.

#include <dlfcn.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "kernel/libc_shim.h"
#include "kernel/user_memory.h"

using hupstorm::Call;
using hupstorm::CopyIn;
using hupstorm::HostKernel;
using hupstorm::Invoke;
using hupstorm::NewCall;
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
  HostKernel host;
  return Invoke<Call::kClockGettime>(host, clock, now);
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
  return Dispatch<Call::kTimerfdCreate>(clock, flags);
}

int timerfd_settime(int fd, int flags, const itimerspec* value, itimerspec* old) noexcept {
  return Dispatch<Call::kTimerfdSettime>(fd, flags, value, old);
}

int timerfd_gettime(int fd, itimerspec* value) noexcept {
  return Dispatch<Call::kTimerfdGettime>(fd, value);
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  if (IsServersCall()) return Dispatch<Call::kClockGettime>(clock, now);
  CheckMemory(NewCall<Call::kClockGettime>(clock, now));
  return LinuxClock(clock, now);
}

int gettimeofday(timeval* now, void* zone) noexcept {
  if (zone != nullptr && !IsServersCall()) {
    return static_cast<int>(syscall(SYS_gettimeofday, now, zone));
  }
  timespec precise{};
  const int result = clock_gettime(CLOCK_REALTIME, &precise);
  // Null is nothing to write to (__cvdso_gettimeofday of Linux), though glibc declares that it
  // never is: the compiler is not to believe it.
  timeval* volatile const place = now;
  if (timeval* const to = place) {
    *to = {.tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000};
  }
  return result;
}

time_t time(time_t* now) noexcept {
  timespec precise{};
  clock_gettime(CLOCK_REALTIME, &precise);
  if (now != nullptr) *now = precise.tv_sec;
  return precise.tv_sec;
}

int nanosleep(const timespec* request, timespec* remaining) {
  return Dispatch<Call::kNanosleep>(request, remaining);
}

// Returns the error instead of setting errno. For the server every clock runs alike, and an
// absolute time is turned into what is left until then.
int clock_nanosleep(clockid_t clock, int flags, const timespec* request, timespec* remaining) {
  CheckMemory(NewCall<Call::kNanosleep>(request, remaining));
  const int former_errno = errno;
  int result = 0;
  if (!IsServersCall()) {
    result = static_cast<int>(syscall(SYS_clock_nanosleep, clock, flags, request, remaining));
  } else if ((flags & TIMER_ABSTIME) == 0) {
    result = nanosleep(request, remaining);
  } else {
    timespec now{};
    timespec until{};
    result = clock_gettime(clock, &now);
    if (result == 0 && !CopyIn(&until, request)) {
      errno = EFAULT;
      result = -1;
    }
    if (result == 0 && IsBefore(now, until)) {
      const timespec left = Difference(until, now);
      result = nanosleep(&left, nullptr);
    }
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
  return nanosleep(&request, &remaining);
}

unsigned sleep(unsigned seconds) {
  timespec request{.tv_sec = static_cast<time_t>(seconds), .tv_nsec = 0};
  timespec remaining{};
  if (nanosleep(&request, &remaining) == 0) return 0;
  return static_cast<unsigned>(remaining.tv_sec + (remaining.tv_nsec >= 500'000'000 ? 1 : 0));
}

}  // extern "C"
