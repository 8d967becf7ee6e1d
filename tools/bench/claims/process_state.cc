#include "tools/bench/claims/process_state.h"

#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "target/reference/posix_error.h"

namespace hupstorm {
namespace {

void SetPolicy(int policy) {
  const sched_param parameters = {.sched_priority = 0};
  sched_setscheduler(0, policy, &parameters);
}

}  // namespace

ManyDescriptors::ManyDescriptors(int wanted) {
  Must(getrlimit(RLIMIT_NOFILE, &former_), "getrlimit");
  const auto needed = static_cast<rlim_t>(wanted);
  rlimit raised = former_;
  if (raised.rlim_cur < needed) {
    raised = {.rlim_cur = needed, .rlim_max = std::max(needed, former_.rlim_max)};
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
      raised = {.rlim_cur = std::min(needed, former_.rlim_max), .rlim_max = former_.rlim_max};
      Must(setrlimit(RLIMIT_NOFILE, &raised), "setrlimit");
    }
  }
  limit_ = static_cast<int>(
      std::min<rlim_t>(raised.rlim_cur, static_cast<rlim_t>(std::numeric_limits<int>::max())));
}

ManyDescriptors::~ManyDescriptors() { setrlimit(RLIMIT_NOFILE, &former_); }

OneProcessor::OneProcessor() {
  const int here = sched_getcpu();
  if (here < 0 || sched_getaffinity(0, sizeof former_, &former_) != 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<size_t>(here), &one);
  pinned_ = sched_setaffinity(0, sizeof one, &one) == 0;
  former_policy_ = sched_getscheduler(0);
  if (former_policy_ == SCHED_OTHER) SetPolicy(SCHED_BATCH);
}

OneProcessor::~OneProcessor() {
  if (former_policy_ == SCHED_OTHER) SetPolicy(SCHED_OTHER);
  if (pinned_) sched_setaffinity(0, sizeof former_, &former_);
}

void EndWithParent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

int64_t ThreadCpuClockNs() {
  std::vector<int64_t> apart(1001);
  for (int64_t& each : apart) {
    const int64_t start = ThreadCpuNs();
    each = ThreadCpuNs() - start;
  }
  const auto middle = apart.begin() + static_cast<ptrdiff_t>(apart.size() / 2);
  std::nth_element(apart.begin(), middle, apart.end());
  return *middle;
}

}  // namespace hupstorm
