// Signals that come to a server that is held, and calls that they interrupt.

#include <signal.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "kernel/linux/held/held_kernel.h"
#include "kernel/linux/sight/process_tree.h"

namespace hupstorm {

using held::HeldThread;

namespace {

// libc has handlers of its own for 32 and 33 (nptl(7)).
constexpr int kFirstOfLibcsSignals = 32;

// Handlers of these are for faults of the program, which come in no call. Rust's and Java's
// runtimes have some, as sanitizers have.
constexpr int kOfFaults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};

bool RestartsAfter(HeldThread& thread, int signal) {
  struct sigaction action = {};
  Invoke<Call::kSigaction>(thread.remote, signal, nullptr, &action);
  return (action.sa_flags & SA_RESTART) != 0;
}

}  // namespace

// Runs the handlers of signals that came while their threads were held. True if any ran.
bool HeldKernel::LetSignalsIn() {
  bool ran = false;
  std::vector<pid_t> pids;
  for (const auto& [pid, process] : processes_) pids.push_back(pid);
  for (const pid_t pid : pids) {
    if (!sight::MayHavePendingSignals(pid)) continue;
    for (const auto& thread : threads_) {
      const bool is_held = thread->pid == pid && thread->asleep && !thread->gone;
      if (is_held) ran = LetSignalsIn(*thread) || ran;
    }
  }
  if (ran) woken_.notify_all();
  return ran;
}

bool HeldKernel::LetSignalsIn(HeldThread& thread) {
  const uint64_t pending =
      sight::PendingSignals(thread.pid, thread.tid) & ~thread.memory->frame().blocked;
  if (pending == 0) return false;
  HeldThread* const outer = current_;
  MakeCurrent(&thread);  // a handler may make calls
  try {
    const uint64_t handled = pending & sight::SignalMasksOf(thread.pid).caught;
    thread.remote.RunHandlers();
    for (int signal = 1; signal <= 64; ++signal) {
      if ((handled >> (signal - 1) & 1) == 0) continue;
      const bool restarts = RestartsAfter(thread, signal);
      thread.restarts = restarts && (!thread.interrupted || thread.restarts);
      thread.interrupted = true;
    }
  } catch (const held::ServerGone&) {
    thread.gone = true;
  }
  MakeCurrent(outer);
  return thread.gone || thread.interrupted;
}

pid_t HeldKernel::SignalledPid(int signal) const {
  const pid_t pid = ListeningPid();
  return is_only_thread_ || pid < 0 ? pid : sight::OutermostHandler(pid, keeper_, signal);
}

DrivenKernel::Disposition HeldKernel::SignalDisposition(int signal) const {
  const pid_t pid = SignalledPid(signal);
  if (pid < 0) return Disposition::kDefault;
  const Disposition disposition = DispositionIn(pid, signal);
  const auto process = processes_.find(pid);
  const bool is_given =
      process != processes_.end() && (process->second.given_handlers >> (signal - 1) & 1) != 0;
  return disposition == Disposition::kHandled && is_given ? Disposition::kDefault : disposition;
}

DrivenKernel::Disposition HeldKernel::RaiseSignal(int signal) {
  const Disposition disposition = SignalDisposition(signal);
  const pid_t pid = SignalledPid(signal);
  // One that ends the server is left to the driver, which wants to see to the end itself.
  if (pid < 0 || disposition == Disposition::kDefault) return disposition;
  kill(pid, signal);
  if (is_only_thread_) {
    LetSignalsIn(*current_);
    if (current_->gone) throw held::ServerGone();
  }
  return disposition;
}

void HeldKernel::InterruptBlockedCall() {
  for (const auto& thread : threads_) {
    const bool is_held = thread->asleep || thread.get() == current_;
    if (is_held && !thread->gone && CanBeInterrupted(*thread)) thread->interrupted = true;
  }
}

void HeldKernel::WakeBlockedCall() {
  for (const auto& thread : threads_) thread->interrupted = true;
}

// See DrivenKernel::InterruptBlockedCall.
bool HeldKernel::CanBeInterrupted(HeldThread& thread) const {
  if (thread.call == Call::kEpollWait) return true;
  const bool waits =
      thread.call == Call::kSelect || thread.call == Call::kPoll || thread.call == Call::kNanosleep;
  const uint64_t given = thread.process == nullptr ? 0 : thread.process->given_handlers;
  const uint64_t caught = sight::SignalMasksOf(thread.pid).caught & ~given;
  for (int signal = 1; signal < kFirstOfLibcsSignals; ++signal) {
    if ((caught >> (signal - 1) & 1) == 0) continue;
    if (std::find(std::begin(kOfFaults), std::end(kOfFaults), signal) != std::end(kOfFaults)) {
      continue;
    }
    if (waits || !RestartsAfter(thread, signal)) return true;
  }
  return false;
}

}  // namespace hupstorm
