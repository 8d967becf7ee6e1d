// How a server that sleeps in a wait is asked to stop.

#ifndef HUPSTORM_TARGET_REFERENCE_STOP_SIGNAL_H_
#define HUPSTORM_TARGET_REFERENCE_STOP_SIGNAL_H_

#include <signal.h>

#include "target/reference/unique_fd.h"

namespace hupstorm {

// A request to stop, which makes a descriptor readable.
class StopSignal {
 public:
  StopSignal();

  // May be called from any thread and, being async-signal-safe, from a signal handler.
  void Raise() const;

  // To be watched for reading.
  int fd() const { return event_.get(); }
  // True if Raise was called since the last Take.
  bool Take() const;

 private:
  UniqueFd event_;
};

// For the life of the object, `signal` raises `stop` if it is delivered to the thread that made
// the object, and is ignored if another thread gets it. Linux prefers the main thread for
// signals sent to a process (kernel/signal.c, complete_signal); a server in another thread wants
// the signal blocked in all others.
//
// For one `stop` in a thread at a time, with any number of signals.
class StopOnSignal {
 public:
  StopOnSignal(int signal, const StopSignal& stop);
  ~StopOnSignal();  // restores the former disposition
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

 private:
  const int signal_;
  const StopSignal* former_stop_;
  struct sigaction former_action_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_STOP_SIGNAL_H_
