#include "kernel/inside/signal_timers.h"

#include <pthread.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/timespec.h"
#include "kernel/in_force.h"
#include "kernel/inside/program.h"
#include "kernel/inside/threads/scheduler.h"

namespace hupstorm::inside {
namespace {

struct SignalTimer {
  bool exists = false;
  bool runs = false;      // by a clock that goes on
  bool is_ahead = false;  // the clock counts from 1970
  int signal = 0;         // 0: none is sent (SIGEV_NONE)
  int thread = 0;         // to which, as the scheduler counts them
  void (*routine)(sigval) = nullptr;
  int code = SI_TIMER;
  sigval value = {};
  int64_t due_ns = -1;  // -1: not set
  int64_t interval_ns = 0;
};

// The first is that of setitimer. A program has few.
constexpr size_t kMostTimers = 256;
std::array<SignalTimer, kMostTimers> timers;
SignalTimer& real_timer = timers[0];

SignalTimerHost* host = nullptr;

bool AsksSimulation() { return host != nullptr && in_force.in_server; }

SignalTimer* First() {
  SignalTimer* first = nullptr;
  for (SignalTimer& timer : timers) {
    if (timer.due_ns >= 0 && timer.runs && (first == nullptr || timer.due_ns < first->due_ns)) {
      first = &timer;
    }
  }
  return first;
}

void TellHost() {
  const SignalTimer* const first = First();
  const HarnessScope harness;
  host->OnTimerSet(first == nullptr ? -1 : first->due_ns);
}

int64_t LeftOf(const SignalTimer& timer) {
  return timer.due_ns < 0 ? 0 : std::max<int64_t>(timer.due_ns - host->now_ns(), 1);
}

// `first_ns` 0 disarms.
void Set(SignalTimer& timer, int64_t first_ns, int64_t interval_ns, bool is_absolute) {
  int64_t due = first_ns;
  if (!is_absolute) {
    due += host->now_ns();
  } else if (timer.is_ahead) {
    due -= host->realtime_ahead_ns();
  }
  timer.due_ns = first_ns == 0 ? -1 : std::max<int64_t>(due, 0);
  timer.interval_ns = interval_ns;
  TellHost();
}

int64_t NanosecondsOf(const timeval& time) { return time.tv_sec * kSecondNs + time.tv_usec * 1000; }
timeval Timeval(int64_t ns) {
  return {.tv_sec = ns / kSecondNs, .tv_usec = (ns % kSecondNs + 999) / 1000};
}

bool IsValid(const timespec& time) {
  return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < kSecondNs;
}

SignalTimer* Find(timer_t id) {
  const auto number = reinterpret_cast<uintptr_t>(id);
  const bool is_one = number > 0 && number < kMostTimers && timers[number].exists;
  return is_one ? &timers[number] : nullptr;
}

int FailTimer(int error) {
  errno = error;
  return -1;
}

}  // namespace

void BeginSignalTimers(SignalTimerHost& of) {
  host = &of;
  real_timer = {.exists = true, .runs = true, .signal = SIGALRM, .code = SI_KERNEL};
}

std::optional<DueTimer> TakeDueTimer() {
  const int64_t now = host->now_ns();
  SignalTimer* const timer = First();
  if (timer == nullptr || timer->due_ns > now) return std::nullopt;
  if (timer->interval_ns > 0) {
    // What was missed meanwhile comes once.
    const int64_t missed = (now - timer->due_ns) / timer->interval_ns;
    timer->due_ns += (missed + 1) * timer->interval_ns;
  } else {
    timer->due_ns = -1;
  }
  TellHost();
  DueTimer due = {.thread = timer->thread, .routine = timer->routine};
  due.signal.si_signo = timer->signal;
  due.signal.si_code = timer->code;
  due.signal.si_value = timer->value;
  return due;
}

void StartThreadOf(const DueTimer& timer) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  auto* const copy = new DueTimer(timer);
  const auto run = [](void* argument) -> void* {
    const DueTimer mine = *static_cast<DueTimer*>(argument);
    {
      const HarnessScope harness;
      delete static_cast<DueTimer*>(argument);
    }
    mine.routine(mine.signal.si_value);
    return nullptr;
  };
  pthread_t id = {};
  if (TheScheduler()->Create(&id, &attributes, run, copy) != 0) delete copy;
  pthread_attr_destroy(&attributes);
}

}  // namespace hupstorm::inside

using namespace hupstorm;          // NOLINT: every line below is this library's
using namespace hupstorm::inside;  // NOLINT

extern "C" {

int getitimer(__itimer_which_t which, itimerval* value) noexcept {
  if (!AsksSimulation()) return static_cast<int>(syscall(SYS_getitimer, which, value));
  if (which != ITIMER_REAL) {
    *value = {};
    return 0;
  }
  *value = {.it_interval = Timeval(real_timer.interval_ns),
            .it_value = Timeval(LeftOf(real_timer))};
  return 0;
}

int setitimer(__itimer_which_t which, const itimerval* value, itimerval* former) noexcept {
  if (!AsksSimulation()) return static_cast<int>(syscall(SYS_setitimer, which, value, former));
  if (former != nullptr) getitimer(which, former);
  if (which != ITIMER_REAL || value == nullptr) return 0;
  Set(real_timer, NanosecondsOf(value->it_value), NanosecondsOf(value->it_interval),
      /*is_absolute=*/false);
  return 0;
}

unsigned alarm(unsigned seconds) noexcept {
  const itimerval value = {.it_interval = {}, .it_value = {.tv_sec = seconds, .tv_usec = 0}};
  itimerval former = {};
  setitimer(ITIMER_REAL, &value, &former);
  return static_cast<unsigned>(former.it_value.tv_sec + (former.it_value.tv_usec > 0 ? 1 : 0));
}

int timer_create(clockid_t clock, sigevent* event, timer_t* id) noexcept {
  const auto free = std::find_if(timers.begin(), timers.end(),
                                 [](const SignalTimer& timer) { return !timer.exists; });
  if (free == timers.end()) return FailTimer(EAGAIN);
  int thread = 0;
  if (event != nullptr && event->sigev_notify == SIGEV_THREAD_ID) {
    thread = event->_sigev_un._tid - ProgramsPid();
    if (thread < 0 || thread >= TheScheduler()->made()) return FailTimer(EINVAL);
  }
  const auto number = static_cast<uintptr_t>(free - timers.begin());
  *free = {.exists = true, .signal = SIGALRM};
  free->value.sival_int = static_cast<int>(number);
  const bool is_ahead =
      clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
  free->is_ahead = is_ahead;
  free->runs = is_ahead || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
               clock == CLOCK_BOOTTIME_ALARM;
  if (event != nullptr) {
    free->signal = event->sigev_signo;
    free->value = event->sigev_value;
    if (event->sigev_notify == SIGEV_NONE) free->signal = 0;
    if (event->sigev_notify == SIGEV_THREAD) free->routine = event->sigev_notify_function;
    free->thread = thread;
  }
  *id = reinterpret_cast<timer_t>(number);
  return 0;
}

int timer_gettime(timer_t id, itimerspec* value) noexcept {
  const SignalTimer* const timer = Find(id);
  if (timer == nullptr) return FailTimer(EINVAL);
  *value = {.it_interval = Timespec(timer->interval_ns), .it_value = Timespec(LeftOf(*timer))};
  return 0;
}

int timer_settime(timer_t id, int flags, const itimerspec* value, itimerspec* former) noexcept {
  SignalTimer* const timer = Find(id);
  if (timer == nullptr || !IsValid(value->it_value) || !IsValid(value->it_interval)) {
    return FailTimer(EINVAL);
  }
  if (former != nullptr) timer_gettime(id, former);
  Set(*timer, Nanoseconds(value->it_value), Nanoseconds(value->it_interval),
      (flags & TIMER_ABSTIME) != 0);
  return 0;
}

int timer_getoverrun(timer_t id) noexcept { return Find(id) == nullptr ? FailTimer(EINVAL) : 0; }

int timer_delete(timer_t id) noexcept {
  SignalTimer* const timer = Find(id);
  if (timer == nullptr) return FailTimer(EINVAL);
  *timer = {};
  TellHost();
  return 0;
}

}  // extern "C"
