#include "bench/many_descriptors.h"

#include <algorithm>
#include <limits>

#include "base/system_error.h"

namespace hupstorm {

ManyDescriptors::ManyDescriptors(int wanted) {
  CheckSystemCall(getrlimit(RLIMIT_NOFILE, &former_), "getrlimit");
  const auto needed = static_cast<rlim_t>(wanted);
  rlimit raised = former_;
  if (raised.rlim_cur < needed) {
    raised = {.rlim_cur = needed, .rlim_max = std::max(needed, former_.rlim_max)};
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
      raised = {.rlim_cur = std::min(needed, former_.rlim_max), .rlim_max = former_.rlim_max};
      CheckSystemCall(setrlimit(RLIMIT_NOFILE, &raised), "setrlimit");
    }
  }
  limit_ = static_cast<int>(
      std::min<rlim_t>(raised.rlim_cur, static_cast<rlim_t>(std::numeric_limits<int>::max())));
}

ManyDescriptors::~ManyDescriptors() { setrlimit(RLIMIT_NOFILE, &former_); }

}  // namespace hupstorm
