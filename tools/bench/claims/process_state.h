// What the measurements need of their process, and give back: descriptors, and one processor.

#ifndef HUPSTORM_TOOLS_BENCH_CLAIMS_PROCESS_STATE_H_
#define HUPSTORM_TOOLS_BENCH_CLAIMS_PROCESS_STATE_H_

#include <sched.h>
#include <sys/resource.h>

#include <cstdint>

#include "tools/bench/thread_cpu.h"

namespace hupstorm {

// Raises RLIMIT_NOFILE for the life of the object: to `wanted` where the hard limit allows that or
// can be raised (CAP_SYS_RESOURCE), else as far as it allows.
class ManyDescriptors {
 public:
  explicit ManyDescriptors(int wanted);
  ~ManyDescriptors();
  ManyDescriptors(const ManyDescriptors&) = delete;
  ManyDescriptors& operator=(const ManyDescriptors&) = delete;

  // How many descriptors the process may have.
  int limit() const { return limit_; }

 private:
  rlimit former_ = {};
  int limit_ = 0;
};

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
  cpu_set_t former_;
  int former_policy_ = -1;
  bool pinned_ = false;
};

// The calling process does not outlive its parent.
void EndWithParent();

// What two calls of ThreadCpuNs in a row are apart at least half the time: to be taken off what is
// measured between two.
int64_t ThreadCpuClockNs();

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_BENCH_CLAIMS_PROCESS_STATE_H_
