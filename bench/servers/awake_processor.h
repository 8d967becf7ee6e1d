// Keeps a processor from going to sleep where nothing runs on it.

#ifndef HUPSTORM_BENCH_SERVERS_AWAKE_PROCESSOR_H_
#define HUPSTORM_BENCH_SERVERS_AWAKE_PROCESSOR_H_

#include <stop_token>
#include <thread>

namespace hupstorm {

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

#endif  // HUPSTORM_BENCH_SERVERS_AWAKE_PROCESSOR_H_
