#include "bench/claims/process_state.h"

#include <signal.h>
#include <sys/prctl.h>

namespace hupstorm {
namespace {

void SetPolicy(int policy) {
  const sched_param parameters = {.sched_priority = 0};
  sched_setscheduler(0, policy, &parameters);
}

}  // namespace

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

}  // namespace hupstorm
