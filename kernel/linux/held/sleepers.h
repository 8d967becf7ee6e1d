// Threads of a server that sleep with a timeout in a call that the driver does not hold: at a
// condition variable, a semaphore, a futex; and timers of its process. The driver reads until when,
// so that it can let time pass for them too, and has them woken when it has. In memory that is
// shared with the driver.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_SLEEPERS_H_
#define HUPSTORM_KERNEL_LINUX_HELD_SLEEPERS_H_

#include <pthread.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "kernel/linux/held/server_clock.h"

namespace hupstorm::held {

class Sleepers {
 public:
  // ---- The server's.

  // Adds the calling thread, which is about to sleep until `until_ns` (> 0) of the server's
  // CLOCK_MONOTONIC. `condition`: at which it sleeps; null if it looks at the clock by itself every
  // few milliseconds. The place to give to Remove; -1 if there is no room.
  int Add(int64_t until_ns, pthread_cond_t* condition) {
    for (size_t i = 0; i < places_.size(); ++i) {
      Place& place = places_[i];
      State expected = State::kFree;
      if (!place.state.compare_exchange_strong(expected, State::kChanging)) continue;
      place.until_ns = until_ns;
      place.condition = condition;
      place.looks = 0;
      place.state = State::kAsleep;
      return static_cast<int>(i);
    }
    return -1;
  }
  void Remove(int number) {
    if (number < 0) return;
    Place& place = places_[static_cast<size_t>(number)];
    State expected = State::kAsleep;
    while (!place.state.compare_exchange_weak(expected, State::kFree)) {
      expected = State::kAsleep;
      sched_yield();  // it is just being woken
    }
  }
  // Wakes those whose time is over. By any thread of the process.
  void WakeDue(int64_t now_ns) {
    for (Place& place : places_) {
      State expected = State::kAsleep;
      if (!place.state.compare_exchange_strong(expected, State::kChanging)) continue;
      if (place.until_ns <= now_ns && place.condition != nullptr) {
        pthread_cond_broadcast(place.condition);
      }
      place.state = State::kAsleep;
    }
    if (FireTimers* const fire = fire_timers_) fire(now_ns);
  }

  // Of one process, numbered from 0.
  static constexpr size_t kMostTimers = 64;
  // When a timer goes off (> 0), by the server's CLOCK_MONOTONIC; -1 for never.
  void SetTimer(size_t number, int64_t until_ns) { timers_[number] = until_ns; }
  // In the server's process: what has those go off whose time is over at `now_ns`.
  using FireTimers = void(int64_t now_ns);
  void FireTimersBy(FireTimers* fire) { fire_timers_ = fire; }

  // ---- The driver's.

  // When the first of them wants to wake, or a timer goes off; -1 for never.
  int64_t FirstDeadline() const {
    int64_t first = FirstTimer();
    for (const Place& place : places_) {
      if (Counts(place)) first = Earlier(first, place.until_ns);
    }
    return first;
  }
  // Whether the time of one is over that has not woken yet. To be asked when the server sleeps: one
  // of which this is said often (it waits for a mutex on its way out) is then left out.
  bool AnyDue(int64_t now_ns) {
    const int64_t timer = FirstTimer();
    bool any = timer >= 0 && timer <= now_ns;
    for (Place& place : places_) {
      if (!Counts(place) || place.until_ns > now_ns) continue;
      ++place.looks;
      any = true;
    }
    return any;
  }

 private:
  enum class State : uint8_t { kFree, kChanging, kAsleep };
  struct Place {
    std::atomic<State> state{State::kFree};
    std::atomic<int> looks{0};
    std::atomic<int64_t> until_ns{0};
    std::atomic<pthread_cond_t*> condition{nullptr};
  };
  static constexpr int kMostLooks = 20;

  static bool Counts(const Place& place) {
    return place.state == State::kAsleep && place.looks < kMostLooks;
  }

  int64_t FirstTimer() const {
    int64_t first = -1;
    for (const int64_t until_ns : timers_) {
      if (until_ns > 0) first = Earlier(first, until_ns);
    }
    return first;
  }

  std::array<Place, 512> places_;
  std::array<std::atomic<int64_t>, kMostTimers> timers_;
  std::atomic<FireTimers*> fire_timers_{nullptr};
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_SLEEPERS_H_
