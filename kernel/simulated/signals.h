// Signals to the server, and the calls that they interrupt (signal(7)).

#ifndef HUPSTORM_KERNEL_SIMULATED_SIGNALS_H_
#define HUPSTORM_KERNEL_SIMULATED_SIGNALS_H_

#include <signal.h>

#include <array>
#include <cstdint>
#include <utility>

#include "kernel/simulated/simulated_kernel.h"

namespace hupstorm::simulated {

class Signals {
 public:
  // A call that sleeps. They nest: a handler may make calls too.
  class SleepingCall {
   public:
    explicit SleepingCall(Signals& signals) : signals_(signals), outer_(signals.sleeping_) {
      signals.sleeping_ = this;
    }
    ~SleepingCall() { signals_.sleeping_ = outer_; }
    SleepingCall(const SleepingCall&) = delete;
    SleepingCall& operator=(const SleepingCall&) = delete;

    // Whether a signal ends `call` with EINTR. `restartable`: SA_RESTART would start it again.
    bool IsInterrupted(Call call, bool restartable) const {
      return interrupted_ || (handler_ran_ && !restartable) ||
             (stopped_ && signals_.MayInterrupt(call, restartable));
    }

   private:
    friend class Signals;
    Signals& signals_;
    SleepingCall* outer_;
    bool interrupted_ = false;  // whatever the call is
    bool handler_ran_ = false;
    bool stopped_ = false;  // and continued, or something else that leaves no trace
  };

  int Action(int signal, const struct sigaction* action, struct sigaction* old);
  SimulatedKernel::Disposition DispositionOf(int signal) const;
  // Runs the handler, if there is one.
  SimulatedKernel::Disposition Raise(const siginfo_t& signal);
  void InterruptSleepingCall();  // see DrivenKernel
  void WakeSleepingCall();
  // What a write to a connection without a reader does to the server.
  void RaiseSigpipe();
  int fatal_sigpipes() const { return fatal_sigpipes_; }
  // Handlers without SA_RESTART that have run.
  uint64_t interruptions() const { return interruptions_; }
  // Signals that wait for a signalfd, by number - 1.
  uint64_t pending() const { return pending_; }
  void SetPending(int signal) { pending_ |= Bit(signal); }
  void Take(int signal) { pending_ &= ~Bit(signal); }
  // The innermost call that sleeps: each thread has its own.
  SleepingCall* ExchangeSleeping(SleepingCall* call) { return std::exchange(sleeping_, call); }
  void Clear();
  static uint64_t Bit(int signal) { return uint64_t{1} << (signal - 1); }

 private:
  bool MayInterrupt(Call call, bool restartable) const;
  static bool IsKnown(int signal) { return signal >= 1 && signal < kEnd; }

  static constexpr int kEnd = 65;
  std::array<struct sigaction, kEnd> actions_{};
  uint64_t changed_ = 0;  // by number - 1
  uint64_t pending_ = 0;
  SleepingCall* sleeping_ = nullptr;
  int fatal_sigpipes_ = 0;
  uint64_t interruptions_ = 0;
};

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_SIGNALS_H_
