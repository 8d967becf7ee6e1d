// The processors that a thread may run on.

#ifndef HUPSTORM_BASE_PROCESSORS_H_
#define HUPSTORM_BASE_PROCESSORS_H_

#include <sched.h>

#include <cstddef>
#include <vector>

namespace hupstorm {

// Those of the calling thread, by their numbers; none if Linux does not tell.
inline std::vector<int> AllowedProcessors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return {};
  std::vector<int> processors;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(static_cast<size_t>(i), &set)) processors.push_back(i);
  }
  return processors;
}

// From now on the calling thread, and what it starts, runs on these alone. False if that is not
// allowed. Async-signal-safe.
inline bool RunOn(const std::vector<int>& processors) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int processor : processors) CPU_SET(static_cast<size_t>(processor), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_PROCESSORS_H_
