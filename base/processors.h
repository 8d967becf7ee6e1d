// The processors that a thread may run on.

#ifndef HUPSTORM_BASE_PROCESSORS_H_
#define HUPSTORM_BASE_PROCESSORS_H_

#include <vector>

namespace hupstorm {

// Those of the calling thread, by their numbers; none if Linux does not tell.
std::vector<int> AllowedProcessors();

// From now on the calling thread, and what it starts, runs on these alone. False if that is not
// allowed. Async-signal-safe.
bool RunOn(const std::vector<int>& processors);

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_PROCESSORS_H_
