// Timers that send the program a signal: alarm(2), setitimer(2), timer_create(2), on the simulated
// clock. (Linux's are not there any more in a process that was forked.) Those that count what a
// processor does never go off: on the simulated kernel the program takes no time.

#ifndef HUPSTORM_KERNEL_INSIDE_SIGNAL_TIMERS_H_
#define HUPSTORM_KERNEL_INSIDE_SIGNAL_TIMERS_H_

#include <signal.h>

#include <cstdint>
#include <optional>

namespace hupstorm::inside {

// What they need of the world that the program lives in.
class SignalTimerHost {
 public:
  virtual ~SignalTimerHost() = default;
  virtual int64_t now_ns() const = 0;
  virtual int64_t realtime_ahead_ns() const = 0;
  // The first timer is due then; -1: none is set.
  virtual void OnTimerSet(int64_t due_ns) = 0;
};

// Timers are `host`'s from here on; it is never destroyed. Called before main.
void BeginSignalTimers(SignalTimerHost& host);

// Takes a timer that is due: the signal that it sends. None if none is.
std::optional<siginfo_t> TakeDueTimer();

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_SIGNAL_TIMERS_H_
