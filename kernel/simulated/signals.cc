#include "kernel/simulated/signals.h"

#include <errno.h>
#include <ucontext.h>

#include <bit>

#include "kernel/in_force.h"
#include "kernel/user_memory.h"

namespace hupstorm::simulated {
namespace {

using Disposition = SimulatedKernel::Disposition;

// The signals that glibc keeps for its threads; its sigaction refuses them.
bool IsReserved(int signal) { return signal == 32 || signal == 33; }

bool IsIgnoredByDefault(int signal) {
  return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
}

}  // namespace

int Signals::Action(int signal, const struct sigaction* action, struct sigaction* old) {
  if (!IsKnown(signal) || IsReserved(signal)) return -EINVAL;
  if (action != nullptr && (signal == SIGKILL || signal == SIGSTOP)) return -EINVAL;
  struct sigaction wanted {};
  if (action != nullptr && !CopyIn(&wanted, action)) return -EFAULT;
  struct sigaction& current = actions_[static_cast<size_t>(signal)];
  const struct sigaction former = current;
  if (action != nullptr) {
    current = wanted;
    if (DispositionOf(signal) == Disposition::kIgnored) Take(signal);  // do_sigaction
    changed_ |= uint64_t{1} << (signal - 1);
  }
  if (old != nullptr && !CopyOut(old, former)) return -EFAULT;
  return 0;
}

Disposition Signals::DispositionOf(int signal) const {
  if (!IsKnown(signal)) return Disposition::kDefault;
  const struct sigaction& action = actions_[static_cast<size_t>(signal)];
  if (action.sa_handler == SIG_IGN) return Disposition::kIgnored;
  if (action.sa_handler != SIG_DFL) return Disposition::kHandled;
  return IsIgnoredByDefault(signal) ? Disposition::kIgnored : Disposition::kDefault;
}

Disposition Signals::Raise(const siginfo_t& raised) {
  const int signal = raised.si_signo;
  const Disposition disposition = DispositionOf(signal);
  if (disposition != Disposition::kHandled) return disposition;
  const struct sigaction action = actions_[static_cast<size_t>(signal)];
  if ((action.sa_flags & SA_RESETHAND) != 0) actions_[static_cast<size_t>(signal)] = {};
  const bool interrupts = (action.sa_flags & SA_RESTART) == 0;
  if (interrupts) ++interruptions_;
  if (sleeping_ != nullptr) {
    sleeping_->handler_ran_ = true;
    if (interrupts) sleeping_->interrupted_ = true;
  }
  const ScopedValue server(in_force.in_server, true);  // in the middle of the harness
  // Linux runs a handler with errno as it was, and most handlers save it; a handler that does not
  // is the server's own defect.
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    siginfo_t info = raised;
    ucontext_t context{};
    action.sa_sigaction(signal, &info, &context);
  } else {
    action.sa_handler(signal);
  }
  return disposition;
}

void Signals::InterruptSleepingCall() {
  if (sleeping_ != nullptr) sleeping_->stopped_ = true;
}

void Signals::WakeSleepingCall() {
  if (sleeping_ != nullptr) sleeping_->interrupted_ = true;
}

bool Signals::MayInterrupt(Call call, bool restartable) const {
  const bool waits = call == Call::kSelect || call == Call::kPoll || call == Call::kNanosleep;
  if (!restartable && !waits) return true;  // epoll_wait, and what has a timeout
  for (int signal = 1; signal < kEnd; ++signal) {
    const int flags = actions_[static_cast<size_t>(signal)].sa_flags;
    const bool interrupts = waits || (flags & SA_RESTART) == 0;
    if (interrupts && DispositionOf(signal) == Disposition::kHandled) return true;
  }
  return false;
}

void Signals::RaiseSigpipe() {
  siginfo_t broken{};
  broken.si_signo = SIGPIPE;
  if (Raise(broken) == Disposition::kDefault) ++fatal_sigpipes_;
}

void Signals::Clear() {
  for (; changed_ != 0; changed_ &= changed_ - 1) {
    actions_[static_cast<size_t>(std::countr_zero(changed_)) + 1] = {};
  }
  sleeping_ = nullptr;
  fatal_sigpipes_ = 0;
  pending_ = 0;
}

}  // namespace hupstorm::simulated
