// Timers that send the program a signal, or start a thread of it: alarm(2), setitimer(2),
// timer_create(2), on the simulated clock. (Linux's are not there any more in a process that was
// forked.) Those that count what a processor does never go off: on the simulated kernel the program
// takes no time.

#ifndef HUPSTORM_KERNEL_INSIDE_SIGNAL_TIMERS_H_
#define HUPSTORM_KERNEL_INSIDE_SIGNAL_TIMERS_H_

#include <signal.h>

#include <cstdint>
#include <optional>

#include "kernel/inside/threads/program_clock.h"

namespace hupstorm::inside {

// What they need of the world that the program lives in.
class SignalTimerHost : public virtual ProgramClock {
 public:
  // The first timer is due then; -1: none is set.
  virtual void OnTimerSet(int64_t due_ns) = 0;
};

// Timers are `host`'s from here on; it is never destroyed. Called before main.
void BeginSignalTimers(SignalTimerHost& host);

// What a timer does that is due.
struct DueTimer {
  int thread = 0;  // to which it sends the signal, as the scheduler counts them
  siginfo_t signal = {};
  void (*routine)(sigval) = nullptr;  // of a thread that it starts, with the signal's value instead
};
// None if none is due. One that does nothing (SIGEV_NONE) sends signal 0.
std::optional<DueTimer> TakeDueTimer();
// Starts its thread. If there are too many already it does nothing, as glibc.
void StartThreadOf(const DueTimer& timer);

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_SIGNAL_TIMERS_H_
