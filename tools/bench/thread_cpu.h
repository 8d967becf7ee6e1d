#ifndef HUPSTORM_TOOLS_BENCH_THREAD_CPU_H_
#define HUPSTORM_TOOLS_BENCH_THREAD_CPU_H_

#include <time.h>

#include <cstdint>

namespace hupstorm {

// CPU time of this thread so far, in ns (clock_gettime(2), CLOCK_THREAD_CPUTIME_ID).
inline int64_t ThreadCpuNs() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000L + time.tv_nsec;
}

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_BENCH_THREAD_CPU_H_
