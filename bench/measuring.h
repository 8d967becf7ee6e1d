// Processor time, and what a measurement needs of its process and gives back when it is over.

#ifndef HUPSTORM_BENCH_MEASURING_H_
#define HUPSTORM_BENCH_MEASURING_H_

#include <sys/resource.h>
#include <time.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/processors.h"

namespace hupstorm {

// CPU time of this thread so far, in ns (clock_gettime(2), CLOCK_THREAD_CPUTIME_ID). A busy machine
// disturbs it less than the clock.
inline int64_t ThreadCpuNs() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000L + time.tv_nsec;
}

// What two calls of ThreadCpuNs in a row are apart at least half the time: to be taken off what is
// measured between two.
int64_t ThreadCpuClockNs();

// A call that is made over and over: what is measured, without a clock.
struct MeasuredCall {
  // Calls of one batch. The bytes that they move fit every buffer.
  static constexpr int kBatch = 64;

  std::function<void()> run_batch;
  // Brings what the calls of a batch will take, and is not measured. To be called before each.
  std::function<void()> prepare = nullptr;
};

// A batch of this call.
template <typename Call>
auto InBatches(Call call) {
  return [call = std::move(call)]() mutable {
    for (int i = 0; i < MeasuredCall::kBatch; ++i) call();
  };
}

// CPU time of one call, in ns, measured for about `wall` of time, what it prepares included.
double CostOf(const MeasuredCall& call, std::chrono::milliseconds wall);
// Of one `run`: it is repeated for about `wall`, once at least.
double CostOf(const std::function<void()>& run, std::chrono::milliseconds wall);

// Raises RLIMIT_NOFILE for the life of the object: to `wanted` if the hard limit allows that or can
// be raised (CAP_SYS_RESOURCE), else as far as it allows.
class ManyDescriptors {
 public:
  explicit ManyDescriptors(int wanted);
  ~ManyDescriptors() { setrlimit(RLIMIT_NOFILE, &former_); }
  ManyDescriptors(const ManyDescriptors&) = delete;
  ManyDescriptors& operator=(const ManyDescriptors&) = delete;

  // How many descriptors the process may have.
  int limit() const { return limit_; }

 private:
  rlimit former_ = {};
  int limit_ = 0;
};

// Gives the calling thread back the processors that it may run on now, when it goes.
class FormerProcessors {
 public:
  FormerProcessors() = default;
  ~FormerProcessors() { RunOn(processors_); }
  FormerProcessors(const FormerProcessors&) = delete;
  FormerProcessors& operator=(const FormerProcessors&) = delete;

  const std::vector<int>& processors() const { return processors_; }

 private:
  const std::vector<int> processors_ = AllowedProcessors();
};

// Keeps the thread, and the processes that it forks, on the processor where it is, and makes them
// take turns there: each runs until it sleeps, and not as soon as something is there for it
// (SCHED_BATCH: such a task preempts no other when it wakes, kernel/sched/fair.c). So a server that
// has gone to sleep is woken in one and the same way each time, and finds all that its clients had
// to send. If that is not allowed, all stays as it is.
class OneProcessor {
 public:
  OneProcessor();
  ~OneProcessor();
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;

 private:
  const FormerProcessors former_;
  int former_policy_ = -1;
};

// The processors that a server and its clients are bound to for the life of the object: the last
// and the first that this process may use, -1 if there is one only.
class TwoProcessors {
 public:
  // Binds the calling thread to the clients'.
  TwoProcessors();

  int server() const { return server_; }
  int generator() const { return generator_; }

 private:
  const FormerProcessors former_;
  int server_ = -1;
  int generator_ = -1;
};

// A thread that runs while nothing else wants the processor (SCHED_IDLE, sched(7)). To wake one
// that sleeps takes tens of microseconds, in a virtual machine most of all, and differs from one
// time to the next: with few connections that would be what is measured.
class AwakeProcessor {
 public:
  // `processor`: -1 for none, which does nothing.
  explicit AwakeProcessor(int processor);

 private:
  std::jthread idler_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_MEASURING_H_
