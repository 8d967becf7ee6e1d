// Processor time of a thread, for what is measured on it.

#ifndef HUPSTORM_BENCH_THREAD_CPU_H_
#define HUPSTORM_BENCH_THREAD_CPU_H_

#include <time.h>

#include <cstdint>

namespace hupstorm {

// CPU time of this thread so far, in ns (clock_gettime(2), CLOCK_THREAD_CPUTIME_ID).
inline int64_t ThreadCpuNs() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000L + time.tv_nsec;
}

// What two calls of ThreadCpuNs in a row are apart at least half the time: to be taken off what is
// measured between two.
int64_t ThreadCpuClockNs();

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_THREAD_CPU_H_
