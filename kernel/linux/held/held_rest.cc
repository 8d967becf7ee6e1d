// When a server is at rest, and what happens then.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/timespec.h"
#include "kernel/linux/held/held_kernel.h"
#include "kernel/linux/sight/process_tree.h"

namespace hupstorm {

using held::HeldThread;

namespace {

// A thread that runs and makes no calls cannot be awaited: it is looked at again after this time,
// and then after ever longer ones, up to the second.
constexpr std::chrono::microseconds kLookAgain{200};
constexpr std::chrono::microseconds kLookSeldom{3200};

// How long a server may sleep after it was asked to stop, before it is said that it does not: as an
// init system waits. Less if one has slept for so long in that very state before.
constexpr std::chrono::seconds kStopPatience{5};
constexpr std::chrono::milliseconds kStopPatienceOnceKnown{500};
// How much processor time it may use from then on.
constexpr int64_t kMostStopWorkNs = 2 * kSecondNs;
// How long it is waited for before its held threads look again, and how often it is looked at.
constexpr std::chrono::milliseconds kStopMoment{100};
constexpr int kStopLookMs = 2;

// A thread that writes its log without end sleeps now and then, in a full pipe, and has always used
// some processor time since. It is not waited for any more once so many looks found all asleep.
constexpr int kSleepingLooks = 10;

int64_t CpuOfAll(std::span<const pid_t> pids) {
  const auto add = [](int64_t sum, pid_t pid) { return sum + sight::CpuNs(pid); };
  return std::accumulate(pids.begin(), pids.end(), int64_t{0}, add);
}

}  // namespace

// The thread would sleep in `call`: returns when something has happened that it may notice.
void HeldKernel::Block(HeldThread& thread, Call call, int fd, int64_t deadline_ns) {
  thread.asleep = true;
  thread.call = call;
  thread.fd = fd;
  thread.deadline_ns = deadline_ns;
  thread.interrupted = thread.restarts = false;
  thread.memory->frame().has_slept = true;
  if (is_only_thread_) {
    driver_->OnBlock(call, fd, deadline_ns);
  } else {
    AwaitRest(thread);
  }
  thread.asleep = false;
  MakeCurrent(&thread);
}

// Waits until the thread is to look again, as its time is up at the latest, and lets something
// happen if it finds that all sleep.
void HeldKernel::AwaitRest(HeldThread& thread) {
  std::unique_lock lock(baton_, std::adopt_lock);
  // Whatever answers the call holds the baton, in whatever way this is left.
  struct Keep {
    ~Keep() {
      woken.notify_one();  // to check in its place
      lock.release();
    }
    std::unique_lock<std::mutex>& lock;
    std::condition_variable& woken;
  } keep{lock, woken_};

  const uint64_t wakes = wakes_;
  std::chrono::microseconds pause = kLookAgain;
  while (wakes_ == wakes && !thread.interrupted) {
    if (thread.gone || thread.IsLetGo()) throw held::ServerGone();
    if (stopping_ || failure_ != nullptr) throw Stopped();
    const int64_t left = thread.deadline_ns - clock_.timeouts_now_ns();
    if (thread.deadline_ns >= 0 && left <= 0) return;  // the server's clock runs with Linux's
    if (!started_) {
      // Nothing is let happen yet: what it waits for comes from its own other threads.
      news_.wait_for(lock, kLookSeldom);
      return;
    }
    if (checking_rest_) {
      if (thread.deadline_ns < 0) {
        woken_.wait(lock);
      } else {
        woken_.wait_for(
            lock, std::max<std::chrono::nanoseconds>(std::chrono::nanoseconds(left), kLookAgain));
      }
      continue;
    }
    // One checks for all, or they would keep the server from its processor. It looks again after a
    // while in any case: a thread that has its answer and then sleeps elsewhere, at a condition
    // variable, tells nobody that it has left the call.
    checking_rest_ = true;
    const bool at_rest = IsAtRest(all_rechecked_);
    if (!at_rest && wakes_ == wakes && !thread.interrupted) {
      // Another thread may spin until one of these has had its signal. To look at many takes long,
      // and is done for a tenth of the time.
      const auto now = std::chrono::steady_clock::now();
      if (pause == kLookSeldom && now >= next_signal_look_) {
        if (LetSignalsIn()) NoteNoRest();
        const auto end = std::chrono::steady_clock::now();
        next_signal_look_ = end + 9 * (end - now);
      }
      if (AnyIsLetGo()) woken_.notify_all();
      news_.wait_for(lock, pause);
      pause = std::min(2 * pause, kLookSeldom);
    }
    checking_rest_ = false;
    if (!at_rest) continue;
    if (all_rechecked_) {
      LetHappen(&thread);
    } else {
      // What one thread waits for may have been done by another, held or not, after it had looked.
      // Once all sleep nothing is done any more, so that a second look tells.
      all_rechecked_ = true;
      WakeHeld();
    }
  }
}

// All sleep, and no signal waits that would wake one. `rechecked`: held threads have looked again,
// and neighbours are waited for: not before that, as a server may be its own neighbour.
bool HeldKernel::IsAtRest(bool rechecked) {
  if (!HeldThreadsSleep()) {
    if (AnyIsLetGo()) NoteNoRest();  // it may wait for one that is held
    return false;
  }
  clock_.StopTimeouts();
  const bool asleep = OtherThreadsSleep() && !WakeDueSleepers();
  if (asleep && rechecked) {
    const held::Quiet quiet = HowQuietNeighboursAre();
    if (quiet == held::Quiet::kNotYet) {
      clock_.RunTimeouts();
      return false;
    }
    if (quiet == held::Quiet::kSinceNow) {
      NoteNoRest();  // they have sent something, perhaps
      return false;
    }
  }
  if (asleep && HandshakesAreDone() && !LetSignalsIn()) return true;
  NoteNoRest();
  return false;
}

void HeldKernel::NoteNoRest() {
  all_rechecked_ = false;
  clock_.RunTimeouts();
}

void HeldKernel::WakeHeld() {
  ++wakes_;
  for (const auto& thread : threads_) thread->asleep = false;
  woken_.notify_all();
}

bool HeldKernel::AnyIsLetGo() const {
  return std::any_of(threads_.begin(), threads_.end(),
                     [](const auto& thread) { return !thread->gone && thread->IsLetGo(); });
}

bool HeldKernel::HeldThreadsSleep() const {
  return std::all_of(threads_.begin(), threads_.end(), [](const auto& thread) {
    return thread->gone || (!thread->IsLetGo() && (thread->asleep || !thread->IsInCall()));
  });
}

bool HeldKernel::OtherThreadsSleep() {
  pollfd office = {.fd = office_->socket(), .events = POLLIN, .revents = 0};
  if (poll(&office, 1, 0) != 0) {
    WakeAttend();
    return false;
  }
  // A held thread may still be on its way back to sleep from a system call that it made for us.
  std::vector<pid_t> held;
  for (const auto& thread : threads_) {
    if (thread->asleep && !thread->gone) held.push_back(thread->tid);
  }
  std::sort(held.begin(), held.end());
  // One that was looked at first may be woken by one that is looked at last, before it sleeps.
  const std::vector<pid_t> pids = Pids();
  const int64_t used = CpuOfAll(pids);
  bool lives = false;
  for (const pid_t pid : pids) {
    const sight::ThreadSummary threads = sight::SummaryOfThreads(pid, held);
    if (threads.any_runs) return false;
    lives = lives || threads.any_lives;
  }
  // A thread may have made its call between the two looks. If none lives any more there is nothing
  // to let happen.
  const bool is_still = CpuOfAll(pids) == used || ++sleeping_looks_ >= kSleepingLooks;
  return lives && !endings_.AwaitsExit() && is_still && HeldThreadsSleep() && family_.IsWhole();
}

held::Quiet HeldKernel::HowQuietNeighboursAre() {
  for (const auto& thread : threads_) {
    if (thread->memory->frame().has_connected) has_connected_ = true;
  }
  if (!has_connected_ || !diag_) return held::Quiet::kSinceLong;
  const held::Quiet quiet = neighbours_.Look(Pids(), port_, *diag_);
  // What they sent may have woken a thread after these were looked at.
  return OtherThreadsSleep() ? quiet : held::Quiet::kNotYet;
}

// More clients at once than the accept queue holds: Linux drops the last step of a handshake if the
// queue is full, and sends the step before it again a second later, and two seconds after that. The
// client is connected meanwhile.
bool HeldKernel::HandshakesAreDone() {
  const PeerId first = std::min(handshakes_done_, peer_count());
  if (!diag_ || peer_count() - first < 2) return true;
  int64_t backlog = INT64_MAX;
  for (const sight::TcpSocket& listener : diag_->Listeners(port_)) {
    if (listener.receive_queue > listener.send_queue) return true;  // it does not accept
    backlog = std::min<int64_t>(backlog, listener.send_queue);
  }
  int left = 0;
  for (PeerId peer = first; peer < peer_count() && peer_count() - first > backlog; ++peer) {
    if (!IsOpen(peer) || !Status(peer).connected || Status(peer).end_of_input) continue;
    const auto socket = diag_->Find(ServerAddressOf(peer), AddressOf(peer));
    left += socket && socket->state == TcpState::kSynRecv ? 1 : 0;
  }
  const auto now = std::chrono::steady_clock::now();
  if (left != handshakes_left_) handshakes_since_ = now;
  handshakes_left_ = left;
  if (left > 0 && now - handshakes_since_ < held::kHandshakeSilence) return false;
  handshakes_done_ = peer_count();
  return true;
}

void HeldKernel::LetHappen(HeldThread* thread) {
  if (pids_at_start_.empty()) pids_at_start_ = Pids();
  endings_.LookAtVanished();
  clock_.RunTimeouts();
  const int64_t deadline = FirstDeadline();
  const bool is_alone = std::count_if(threads_.begin(), threads_.end(),
                                      [](const auto& other) { return !other->gone; }) == 1;
  is_alone_ = is_alone && threads_.size() == 1 && Pids().size() == 1;
  MakeCurrent(thread);
  awaited_stop_ = false;
  sleeping_looks_ = 0;
  if (thread != nullptr && is_alone) {
    driver_->OnBlock(thread->call, thread->fd, deadline);
  } else {
    driver_->OnThreadsBlock(deadline);
  }
  if (!awaited_stop_) stop_slept_ = {};
  all_rechecked_ = false;
  WakeHeld();
}

bool HeldKernel::AwaitsStop() {
  if (is_only_thread_) return false;
  awaited_stop_ = true;
  const int64_t used = CpuOfAll(Pids());
  if (stop_began_ns_ < 0) stop_began_ns_ = used;
  if (used - stop_began_ns_ >= kMostStopWorkNs) return false;
  const auto end = std::chrono::steady_clock::now() + kStopMoment;
  while (std::chrono::steady_clock::now() < end) {
    pollfd office = {.fd = office_->socket(), .events = POLLIN, .revents = 0};
    poll(&office, 1, kStopLookMs);
    const bool asleep = HeldThreadsSleep() && OtherThreadsSleep();
    stop_slept_.Look(asleep);
    if (!asleep) return true;
  }
  if (stop_slept_.total() < kStopPatienceOnceKnown) return true;
  std::string how = HowThreadsSleep();
  if (stop_slept_.total() < kStopPatience) return !known_hangs_.contains(how);
  known_hangs_.insert(std::move(how));
  return false;
}

// The calls in which the server's threads sleep, held or not: alike for servers in one state,
// however many threads they have by then.
std::string HeldKernel::HowThreadsSleep() const {
  std::vector<std::string> calls = {HasOpenClients() ? "clients" : "no clients"};
  for (const auto& thread : threads_) {
    if (thread->asleep && !thread->gone) {
      calls.push_back(fmt::format("held {}", CallName(thread->call)));
    }
  }
  for (const pid_t pid : Pids()) {
    for (const sight::Thread& thread : sight::ThreadsOf(pid)) {
      const auto call = sight::SleepingCallOf(pid, thread.tid);
      calls.push_back(fmt::format("{} {}", thread.state, call ? call->number : -1));
    }
  }
  std::sort(calls.begin(), calls.end());
  calls.erase(std::unique(calls.begin(), calls.end()), calls.end());
  return fmt::format("{}", fmt::join(calls, ", "));
}

std::vector<DrivenKernel::SleepingCall> HeldKernel::SleepingCalls() const {
  std::vector<SleepingCall> calls;
  for (const auto& thread : threads_) {
    if (thread->gone || !thread->asleep || thread->fd < 0 || thread->process == nullptr) continue;
    const PeerId peer = thread->process->book.Of(thread->fd).peer;
    if (peer != kNoPeer) calls.push_back({.call = thread->call, .peer = peer});
  }
  return calls;
}

int64_t HeldKernel::FirstDeadline() const {
  int64_t first = -1;
  for (const auto& thread : threads_) {
    if (!thread->asleep) continue;
    first = held::Earlier(first, clock_.EndOfTimeout(thread->deadline_ns));
  }
  for (const auto& [pid, process] : processes_) {
    // Without a held thread nobody could wake them.
    if (process.sleepers() == nullptr || HeldThreadOf(process) == nullptr) continue;
    first = held::Earlier(first, process.sleepers()->FirstDeadline());
  }
  return first;
}

// True if threads that are not held sleep although their time is over: they have been woken.
bool HeldKernel::WakeDueSleepers() {
  bool any = false;
  for (const auto& [pid, process] : processes_) {
    // Not the thread that made the last call: it may be away.
    const auto held =
        std::find_if(threads_.begin(), threads_.end(), [&, own = &process](const auto& thread) {
          return thread->asleep && !thread->gone && thread->process == own;
        });
    if (held == threads_.end() || process.sleepers() == nullptr) continue;
    if (!process.sleepers()->AnyDue(now_ns())) continue;
    any = true;
    try {
      (*held)->remote.WakeSleepers(now_ns());
    } catch (const held::ServerGone&) {
      (*held)->gone = true;
      woken_.notify_all();
    }
  }
  return any;
}

}  // namespace hupstorm
