// When a server of several processes and threads is at rest, and what happens then.

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <chrono>

#include "kernel/linux/held/process_thread.h"

namespace hupstorm {
namespace {

// A thread that runs and makes no calls cannot be awaited: it is looked at again after so long.
constexpr std::chrono::microseconds kLookAgain{200};
// And after ever longer, up to this.
constexpr std::chrono::microseconds kLookSeldom{4000};

}  // namespace

void ProcessKernel::Block(Call call, int fd, int64_t deadline_ns) {
  std::unique_lock lock(baton_, std::adopt_lock);
  // Whoever answers the call holds the baton, in whatever way this is left.
  struct Keep {
    ~Keep() { lock.release(); }
    std::unique_lock<std::mutex>& lock;
  } keep{lock};

  Thread& self = *current_;
  self.asleep = true;
  self.call = call;
  self.fd = fd;
  self.deadline_ns = deadline_ns;
  self.interrupted = self.restarts = false;
  self.refused = 0;
  const uint64_t generation = generation_;
  std::chrono::microseconds pause = kLookAgain;
  while (generation_ == generation && !self.interrupted) {
    if (self.gone) throw remote::ServerGone();
    if (stopping_ || failure_ != nullptr) throw Stopped();
    if (!started_ || looking_ || !HeldThreadsSleep()) {
      news_.wait(lock);
      continue;
    }
    // One looks for all, or they would keep the server from its processor.
    looking_ = true;
    const bool at_rest = IsAtRest();
    if (!at_rest && generation_ == generation && !self.interrupted) {
      news_.wait_for(lock, pause);
      pause = std::min(2 * pause, kLookSeldom);
    }
    looking_ = false;
    if (!at_rest) continue;
    if (looked_again_) {
      LetHappen(&self);
    } else {
      LookAgain();
    }
  }
  self.asleep = false;
  Use(&self);
  interrupted_ = self.interrupted;
  interruption_restarts_ = self.restarts;
}

// All sleep, and no signal waits that would wake one.
bool ProcessKernel::IsAtRest() {
  if (!HeldThreadsSleep()) return false;
  if (OtherThreadsSleep() && !LetSignalsIn()) return true;
  looked_again_ = false;
  return false;
}

// What one thread waits for may have been done by another, held or not, after it had looked. Once
// all sleep nobody does anything any more, so that a second look tells.
void ProcessKernel::LookAgain() {
  looked_again_ = true;
  WakeHeld();
}

void ProcessKernel::WakeHeld() {
  ++generation_;
  for (const auto& thread : threads_) thread->asleep = false;
  news_.notify_all();
}

bool ProcessKernel::HeldThreadsSleep() const {
  return std::all_of(threads_.begin(), threads_.end(), [](const auto& thread) {
    return thread->gone || thread->asleep || !thread->IsInCall();
  });
}

bool ProcessKernel::OtherThreadsSleep() {
  pollfd office = {.fd = office_->socket(), .events = POLLIN, .revents = 0};
  if (poll(&office, 1, 0) != 0) {
    Wake();
    return false;
  }
  // A held thread may still be on its way back to sleep from a system call that it made for us.
  std::vector<pid_t> held;
  for (const auto& thread : threads_) {
    if (thread->asleep && !thread->gone) held.push_back(thread->tid);
  }
  bool lives = false;
  for (const pid_t pid : Processes()) {
    const outside::Bustle bustle = outside::BustleOf(pid, held);
    if (bustle.runs) return false;
    lives = lives || bustle.lives;
  }
  // It may have made its call between the two looks. Where nobody lives any more there is nothing
  // to let happen.
  return lives && HeldThreadsSleep();
}

// Runs the handlers of signals that came while their threads were held. True if any ran.
bool ProcessKernel::LetSignalsIn() {
  bool ran = false;
  for (const auto& thread : threads_) {
    if (thread->asleep && !thread->gone) ran = LetSignalsIn(*thread) || ran;
  }
  if (ran) news_.notify_all();
  return ran;
}

bool ProcessKernel::LetSignalsIn(Thread& thread) {
  const uint64_t pending = outside::PendingSignals(thread.pid, thread.tid) & ~thread.refused;
  if (pending == 0) return false;
  Thread* const outer = current_;
  Use(&thread);
  try {
    remote_->RunHandlers();
    const uint64_t left = outside::PendingSignals(thread.pid, thread.tid);
    thread.refused |= left;
    const uint64_t handled = pending & ~left & outside::SignalMasksOf(thread.pid).caught;
    for (int signal = 1; signal <= 64; ++signal) {
      if ((handled >> (signal - 1) & 1) == 0) continue;
      const bool restarts = RestartsAfter(thread, signal);
      thread.restarts = restarts && (!thread.interrupted || thread.restarts);
      thread.interrupted = true;
    }
  } catch (const remote::ServerGone&) {
    thread.gone = true;
  }
  Use(outer);
  return thread.gone || thread.interrupted;
}

void ProcessKernel::LetHappen(Thread* thread) {
  if (processes_at_start_.empty()) processes_at_start_ = Processes();
  for (const pid_t pid : unexplained_) {
    const char state = outside::StateOf(pid);
    if (state == 0 || state == 'Z') killed_.push_back(pid);
  }
  unexplained_.clear();
  const int64_t deadline = FirstDeadline();
  const bool is_alone = std::count_if(threads_.begin(), threads_.end(),
                                      [](const auto& other) { return !other->gone; }) == 1;
  Use(thread);
  if (thread != nullptr && is_alone) {
    driver_->OnBlock(thread->call, thread->fd, deadline);
  } else {
    // Some wait for one connection and some for others: the server as a whole waits for all.
    driver_->OnBlock(Call::kEpollWait, -1, deadline);
  }
  looked_again_ = false;
  WakeHeld();
}

int64_t ProcessKernel::FirstDeadline() const {
  int64_t first = -1;
  for (const auto& thread : threads_) {
    if (!thread->asleep || thread->deadline_ns < 0) continue;
    if (first < 0 || thread->deadline_ns < first) first = thread->deadline_ns;
  }
  return first;
}

}  // namespace hupstorm
