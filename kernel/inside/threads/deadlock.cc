#include "kernel/inside/threads/deadlock.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace hupstorm::inside {
namespace {

using Blocked = std::vector<BlockedThread>;

std::string_view NameOf(WaitFor what) {
  constexpr std::string_view kNames[] = {"mutex",
                                         "lock for reading",
                                         "lock for writing",
                                         "spin lock",
                                         "condition variable",
                                         "semaphore",
                                         "futex",
                                         "barrier",
                                         "pthread_once",
                                         "end of thread"};
  return kNames[static_cast<size_t>(what)];
}

// Those that follow from `blocked[first]` to itself, in this order; empty if it is in no circle.
Blocked CircleFrom(const Blocked& blocked, size_t first) {
  Blocked circle;
  const BlockedThread* at = &blocked[first];
  while (circle.size() < blocked.size() && at->waits_for >= 0 && at->deadline_ns < 0) {
    circle.push_back(*at);
    if (at->waits_for == blocked[first].thread) return circle;
    const auto next =
        std::find_if(blocked.begin(), blocked.end(),
                     [at](const BlockedThread& other) { return other.thread == at->waits_for; });
    if (next == blocked.end()) break;
    at = &*next;
  }
  return {};
}

// Locks and the like by letters, in the order in which they are spoken of: addresses are nobody's
// concern.
class Letters {
 public:
  std::string Of(const BlockedThread& blocked) {
    if (blocked.what == WaitFor::kJoin) return "";
    const auto [place, is_new] =
        letters_.try_emplace(blocked.address, static_cast<char>('A' + letters_.size() % 26));
    return fmt::format(" {}", place->second);
  }

 private:
  std::map<const void*, char> letters_;
};

std::string WaitText(const BlockedThread& blocked, const Scheduler& scheduler, Letters& letters) {
  std::string text = fmt::format("{}{}", NameOf(blocked.what), letters.Of(blocked));
  if (blocked.what == WaitFor::kJoin) {
    return fmt::format("the {} {}", text, scheduler.LabelOf(blocked.waits_for));
  }
  if (blocked.waits_for >= 0) {
    text += fmt::format(", which thread {} holds", scheduler.LabelOf(blocked.waits_for));
  }
  return text;
}

std::string ListOf(const Blocked& threads, const Scheduler& scheduler) {
  Letters letters;
  std::string text;
  for (const BlockedThread& blocked : threads) {
    text += fmt::format("{}thread {} waits for {}", text.empty() ? "" : "; ",
                        scheduler.LabelOf(blocked.thread), WaitText(blocked, scheduler, letters));
  }
  return text;
}

uint64_t ContextOf(const Blocked& threads) {
  std::vector<std::string_view> kinds;
  for (const BlockedThread& blocked : threads) kinds.push_back(NameOf(blocked.what));
  std::sort(kinds.begin(), kinds.end());
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  Fnv1a hash;
  for (const std::string_view kind : kinds) hash.Add(kind);
  return hash.value();
}

}  // namespace

std::vector<BlockedThread> Scheduler::Blocked() const {
  std::vector<BlockedThread> blocked;
  for (size_t i = 0; i < threads_.size(); ++i) {
    const Thread& thread = *threads_[i];
    if (thread.state != State::kBlocked) continue;
    blocked.push_back({.thread = static_cast<int>(i),
                       .what = thread.what,
                       .address = thread.address,
                       .deadline_ns = thread.deadline_ns,
                       .waits_for = HolderOf(thread)});
  }
  return blocked;
}

// The thread that holds what `thread` blocks at, or that it joins, by glibc's own word; -1: nobody
// knows. Of a lock's readers glibc keeps none.
int Scheduler::HolderOf(const Thread& thread) const {
  int owner = 0;
  if (thread.what == WaitFor::kMutex) {
    owner = static_cast<const pthread_mutex_t*>(thread.address)->__data.__owner;
  } else if (thread.what == WaitFor::kReadLock || thread.what == WaitFor::kWriteLock) {
    owner = static_cast<const pthread_rwlock_t*>(thread.address)->__data.__cur_writer;
  } else if (thread.what != WaitFor::kJoin) {
    return -1;
  }
  for (size_t i = 0; i < threads_.size(); ++i) {
    const bool is_it = thread.what == WaitFor::kJoin ? threads_[i].get() == thread.address
                                                     : owner != 0 && threads_[i]->owner == owner;
    if (is_it) return static_cast<int>(i);
  }
  // The first thread's number is the process', which is another after a fork.
  return owner != 0 ? 0 : -1;
}

std::optional<Deadlock> FindDeadlock(const Scheduler& scheduler, bool none_can_be_woken) {
  const Blocked blocked = scheduler.Blocked();
  for (size_t i = 0; i < blocked.size(); ++i) {
    const Blocked circle = CircleFrom(blocked, i);
    if (circle.empty()) continue;
    const std::string how =
        circle.size() == 1 ? "a thread waits for itself for ever"
                           : fmt::format("{} threads wait for each other for ever", circle.size());
    return Deadlock{fmt::format("{}: {}", how, ListOf(circle, scheduler)), ContextOf(circle)};
  }
  const bool has_end = std::any_of(blocked.begin(), blocked.end(), [](const BlockedThread& thread) {
    return thread.deadline_ns >= 0;
  });
  const bool are_all = static_cast<int>(blocked.size()) == scheduler.living();
  if (!none_can_be_woken || !are_all || has_end || blocked.empty()) return std::nullopt;
  return Deadlock{
      fmt::format("all of the server's threads wait for each other, and none is left to "
                  "wake them: {}",
                  ListOf(blocked, scheduler)),
      ContextOf(blocked) + 1};
}

}  // namespace hupstorm::inside
