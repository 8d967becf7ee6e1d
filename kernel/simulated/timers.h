// The virtual clock and the timers on it.

#ifndef HUPSTORM_KERNEL_SIMULATED_TIMERS_H_
#define HUPSTORM_KERNEL_SIMULATED_TIMERS_H_

#include <cstdint>
#include <vector>

#include "kernel/simulated/object.h"

namespace hupstorm::simulated {

// A timer that belongs to an object: a timerfd, or a connection that waits for an answer; or to the
// world outside, if there is none.
struct Timer {
  explicit Timer(Object* owner = nullptr) : owner(owner) {}
  Object* owner;
  int64_t due_ns = 0;
  uint64_t order = 0;  // timers that are due together fire in the order in which they were armed
  int place = -1;      // in the heap; -1 if not armed
  bool armed() const { return place >= 0; }
};

class Timers {
 public:
  int64_t now_ns() const { return now_ns_; }
  void set_now_ns(int64_t ns) { now_ns_ = ns; }

  // Arms, or arms anew.
  void Arm(Timer& timer, int64_t due_ns);
  void Disarm(Timer& timer);
  // The timer that is due first, null if none is armed.
  Timer* first() const { return heap_.empty() ? nullptr : heap_.front(); }
  void Clear() { heap_.clear(); }

 private:
  static bool Earlier(const Timer* a, const Timer* b) {
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
  }
  void Put(Timer* timer, int place);
  void SiftUp(int place);
  void SiftDown(int place);

  std::vector<Timer*> heap_;
  uint64_t next_order_ = 0;
  int64_t now_ns_ = 0;
};

// An expiry that Linux counts only when it is looked at (timerfd_read, timerfd_gettime).
struct Timerfd : Object {
  Timerfd() : Object(Kind::kTimerfd), timer(this) {}
  Timer timer;
  int64_t interval_ns = 0;
  int64_t ahead_ns = 0;  // of its clock
  uint64_t ticks = 0;    // not read yet
  bool expired = false;  // fired, and not set going again since
};

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_TIMERS_H_
