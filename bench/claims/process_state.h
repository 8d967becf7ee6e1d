// What the measurements need of their process, and give back: one processor.

#ifndef HUPSTORM_BENCH_CLAIMS_PROCESS_STATE_H_
#define HUPSTORM_BENCH_CLAIMS_PROCESS_STATE_H_

#include <vector>

namespace hupstorm {

// Keeps the thread, and the processes that it forks, on the processor where it is, and makes them
// take turns there: each runs until it sleeps, and not as soon as something is there for it
// (SCHED_BATCH: such a task preempts nobody when it wakes, kernel/sched/fair.c). So a server that
// has gone to sleep is woken in one and the same way each time, and finds all that its clients had
// to send. Where that is not allowed, all stays as it is.
class OneProcessor {
 public:
  OneProcessor();
  ~OneProcessor();
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;

 private:
  std::vector<int> former_;
  int former_policy_ = -1;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_CLAIMS_PROCESS_STATE_H_
