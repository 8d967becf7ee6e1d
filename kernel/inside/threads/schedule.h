// A random order of threads that one number decides: priorities with few points of change (PCT;
// Burckhardt, Kothari, Musuvathi, Nagarakatte: "A Randomized Scheduler with Probabilistic
// Guarantees of Finding Bugs", ASPLOS 2010).
//
// The thread of the highest priority goes on, until at a point of change its priority falls below
// all others. How many points a run has is not known before it, so a change comes after a random
// number of them, whose mean is drawn for each schedule: some have a change at nearly each
// operation, some hardly any. As changes never end, a thread that spins is passed by at last.

#ifndef HUPSTORM_KERNEL_INSIDE_THREADS_SCHEDULE_H_
#define HUPSTORM_KERNEL_INSIDE_THREADS_SCHEDULE_H_

#include <cstdint>

#include "base/random.h"

namespace hupstorm::inside {

class Schedule {
 public:
  // 0: no random order.
  void Start(uint32_t seed) {
    constexpr uint64_t kMeans = 8;  // 2, 4, ..., 256 points
    seed_ = seed;
    random_ = Random(seed);
    lowest_ = 0;
    mean_ = uint64_t{2} << random_.Below(kMeans);
    DrawChange();
  }
  bool is_random() const { return seed_ != 0; }

  // Of a new thread: positive. Two are never equal, as far as it matters.
  int64_t DrawPriority() { return static_cast<int64_t>(random_.Next() >> 1); }
  // Below all that were given.
  int64_t Lowest() { return --lowest_; }

  // At each point: whether the priority of the thread that runs falls.
  bool ChangesHere() {
    if (--left_ > 0) return false;
    DrawChange();
    return true;
  }
  // The thread waits for something that may be there already. Mostly others go on, as it would
  // sleep on Linux, but not each time.
  bool ChangesAtWait() { return !random_.OneIn(4); }

 private:
  void DrawChange() { left_ = random_.Between(1, 2 * mean_); }

  uint32_t seed_ = 0;
  Random random_{0};
  int64_t lowest_ = 0;
  uint64_t mean_ = 1;
  uint64_t left_ = 1;  // points until the next change
};

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_THREADS_SCHEDULE_H_
