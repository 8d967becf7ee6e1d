#include "scenarios/worlds/spin_watch.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <cerrno>
#include <vector>

#include "kernel/trace/symbols.h"
#include "scenarios/worlds/judge.h"
#include "scenarios/worlds/server_log.h"
#include "scenarios/worlds/work_at_hand.h"

namespace hupstorm {
namespace {

// An end of input or an error is news once; a server that fetches it again and again gets nowhere.
constexpr int kNewsOfEnd = 4;
// A server may wake itself (eventfd, pipe) so often before something else must move.
constexpr int kMostSelfWakes = 64;
// What wakes, and carries nothing: a byte in a pipe, an eventfd's count.
constexpr int64_t kMostBytesOfAWake = 8;
// A proxy passes on what its clients send, through processes and threads of its own: this is how
// often it may move each byte on the way, by a read or a write.
constexpr int64_t kMovesOfAByteInside = 16;

// One that looks whether anything is ready, without waiting, so often and for so long spins. (A
// busy machine takes long for a few looks.)
constexpr int kMostLooks = 2000;
constexpr int64_t kLongestLookNs = 20'000'000;

// "IN|RDHUP"
std::string EventNames(uint32_t events) {
  events &= EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP;
  constexpr std::string_view kPrefix = "EPOLL";
  std::string names = events == 0 ? "" : EpollEventNames(events);
  for (size_t at = 0; (at = names.find(kPrefix, at)) != std::string::npos;) {
    names.erase(at, kPrefix.size());
  }
  return names;
}

}  // namespace

void SpinWatch::Start() {
  goes_on_ = false;
  std::erase_if(threads_, [](const auto& entry) { return entry.first != 0; });
  threads_[0] = {};
  bytes_of_clients_ = bytes_inside_ = 0;
  SwitchTo(0);
}

void SpinWatch::OnStep() {
  ++moves_;
  for (auto& [number, thread] : threads_) thread.self_wakes = 0;
}

void SpinWatch::ForgetFruitless() {
  thread_->moves = moves_;
  thread_->fruitless_wakes = thread_->fruitless_passes = thread_->fruitless_calls = 0;
  thread_->fruitless_events = 0;
  thread_->looks = 0;
}

// A server that has been seen to spin often enough is not given the time to spin again: only to
// look twice at all that is ready, which may take several waits.
bool SpinWatch::WaitsInVain() const {
  constexpr int kOnceKnown = 2;
  const bool is_known = goes_on_ || ledger_.spins.size() >= Judge::kMostIncidents;
  return thread_->fruitless_wakes >= kFruitlessWakes ||
         (is_known && thread_->fruitless_passes >= kOnceKnown);
}

void SpinWatch::CountProgress(const SystemCall& call, CallFamily family) {
  bool moved = false;
  switch (family) {
    case CallFamily::kAccept:
      moved = call.result >= 0 || call.error == ECONNABORTED;  // which takes a client off the queue
      break;
    case CallFamily::kClose:
      moved = call.result >= 0;
      break;
    case CallFamily::kRecv:
    case CallFamily::kSend:
      if (thread_->client < 0) {
        moved = MovesInside(call);
      } else if (ResultInBytes(call) > 0) {
        bytes_of_clients_ += ResultInBytes(call);
        moved = true;
        thread_->self_wakes = 0;
      } else if (call.error != EAGAIN && call.error != EINTR && BytesAsked(call) > 0) {
        moved = ++ledger_.clients[thread_->client].ends_seen <= kNewsOfEnd;
      }
      break;
    default:
      break;
  }
  if (moved) ++moves_;
}

// On a descriptor that is no client's. It may do so without end only as its clients' bytes go by.
bool SpinWatch::MovesInside(const SystemCall& call) {
  const auto bytes = static_cast<int64_t>(ResultInBytes(call));
  if (bytes <= 0 || ServerLog::IsLog(call.Fd())) return false;
  if (bytes > kMostBytesOfAWake &&
      bytes_inside_ + bytes <= kMovesOfAByteInside * bytes_of_clients_) {
    bytes_inside_ += bytes;
    return true;
  }
  return ++thread_->self_wakes <= kMostSelfWakes;
}

void SpinWatch::CountWake(const SystemCall& call) {
  CountFromLastMove();
  const int64_t now = kernel_.now_ns();
  const bool time_went_by = now != thread_->last_wait_ns;
  thread_->last_wait_ns = now;
  if (call.result < 0 || (call.result == 0 && time_went_by && !LooksOnAndOn(call, now))) {
    // Interrupted, or its time was up: it was right to wake.
    thread_->fruitless_wakes = thread_->fruitless_passes = thread_->fruitless_events = 0;
    return;
  }
  CountPass(call);
  ++thread_->fruitless_wakes;
  // Where each wake-up has many calls, these come to their number first.
  if (thread_->fruitless_wakes >= kFruitlessWakes ||
      thread_->fruitless_calls >= kFruitlessCalls / 2) {
    LookForReason(call);
  }
}

// A server may look for a moment without waiting, before it sleeps.
bool SpinWatch::LooksOnAndOn(const SystemCall& call, int64_t now) {
  if (TimeoutMs(call) != 0) {
    thread_->looks = 0;
    return false;
  }
  if (thread_->looks++ == 0) thread_->looks_since_ns = now;
  return thread_->looks > kMostLooks && now - thread_->looks_since_ns > kLongestLookNs;
}

// The thread is about to be called a busy loop: by what was it woken?
void SpinWatch::LookForReason(const SystemCall& call) {
  thread_->reason_moves = moves_;
  thread_->woken_client = -1;
  thread_->woken_by_listener = false;
  const std::vector<WaitEvent> told = EventsOf(call, kernel_, 1);
  const int fd = told.empty() ? -1 : told.front().fd;
  const uint32_t events = told.empty() ? 0 : told.front().events;
  thread_->woken_events = events;
  if (fd >= 0) thread_->woken_client = clients_.ClientOf(fd);
  thread_->wake_reason = events != 0 ? " by " + EventNames(events) : "";
  if (thread_->woken_client >= 0) {
    thread_->wake_reason += fmt::format(" on {}'s connection",
                                        ledger_.ClientName(ledger_.clients[thread_->woken_client]));
  } else if (fd >= 0) {
    thread_->wake_reason += fmt::format(" on descriptor {}", fd);
    for (const DrivenKernel::Descriptor& descriptor : kernel_.OpenDescriptors()) {
      if (descriptor.fd != fd) continue;
      thread_->woken_by_listener = descriptor.kind == DrivenKernel::DescriptorKind::kListener;
      thread_->wake_reason += fmt::format(", a {}", kernel_.Describe(descriptor));
      break;
    }
  }
}

// If more is ready than one epoll_wait returns, the next ones return the rest (epoll_wait(2)).
void SpinWatch::CountPass(const SystemCall& call) {
  const bool is_full = call.call == Call::kEpollWait && call.result == call.Int(2);
  if (is_full) {
    thread_->fruitless_events += call.result;
    // A listener and what else a server holds beside its connections.
    const int64_t most_ready = ledger_.connected_now + ledger_.descriptors_at_start;
    if (thread_->fruitless_events <= most_ready) return;
  }
  thread_->fruitless_events = 0;
  ++thread_->fruitless_passes;
}

Incident SpinWatch::SpinOf(std::string how) const {
  Incident spin = {.what = std::move(how), .client = -1};
  if (IsOfThisSpin()) {
    spin.client = thread_->woken_client;
    spin.context = thread_->woken_events;
    if (spin.client >= 0) {
      spin.context |= ledger_.clients[spin.client].history.value() << 16;
    } else if (thread_->woken_by_listener) {
      // What else it does between two waits may differ from one to the next.
      spin.context |= static_cast<uint64_t>(CallFamily::kAccept) << 32 |
                      static_cast<uint64_t>(KindOfError(ledger_.last_accept_error)) << 40;
    }
  }
  spin.call = ledger_.calls.InVain(spin.client);
  return spin;
}

}  // namespace hupstorm
