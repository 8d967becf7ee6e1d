#include "bench/claims/process_state.h"

#include <sched.h>

#include "base/processors.h"

namespace hupstorm {
namespace {

void SetPolicy(int policy) {
  const sched_param parameters = {.sched_priority = 0};
  sched_setscheduler(0, policy, &parameters);
}

}  // namespace

OneProcessor::OneProcessor() {
  const int here = sched_getcpu();
  if (here < 0) return;
  former_ = AllowedProcessors();
  RunOn({here});
  former_policy_ = sched_getscheduler(0);
  if (former_policy_ == SCHED_OTHER) SetPolicy(SCHED_BATCH);
}

OneProcessor::~OneProcessor() {
  if (former_policy_ == SCHED_OTHER) SetPolicy(SCHED_OTHER);
  RunOn(former_);
}

}  // namespace hupstorm
