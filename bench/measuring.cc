#include "bench/measuring.h"

#include <sched.h>

#include <algorithm>
#include <limits>

#include "base/resource_limit.h"

namespace hupstorm {
namespace {

using Clock = std::chrono::steady_clock;

bool SetPolicy(int policy) {
  const sched_param parameters = {.sched_priority = 0};
  return sched_setscheduler(0, policy, &parameters) == 0;
}

}  // namespace

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

double CostOf(const MeasuredCall& call, std::chrono::milliseconds wall) {
  static const int64_t clock_ns = ThreadCpuClockNs();
  const Clock::time_point end = Clock::now() + wall;
  if (call.prepare) call.prepare();
  call.run_batch();  // warms up
  // Looks at the clock are spread over many batches if nothing is prepared in between.
  const int at_once = call.prepare ? 1 : 64;
  int64_t ns = 0;
  int64_t batches = 0;
  do {
    if (call.prepare) call.prepare();
    const int64_t start = ThreadCpuNs();
    for (int i = 0; i < at_once; ++i) call.run_batch();
    ns += ThreadCpuNs() - start - clock_ns;
    batches += at_once;
  } while (Clock::now() < end);
  return static_cast<double>(ns) / static_cast<double>(batches * MeasuredCall::kBatch);
}

double CostOf(const std::function<void()>& run, std::chrono::milliseconds wall) {
  const Clock::time_point end = Clock::now() + wall;
  const int64_t start = ThreadCpuNs();
  int64_t runs = 0;
  do {
    run();
    ++runs;
  } while (Clock::now() < end);
  return static_cast<double>(ThreadCpuNs() - start) / static_cast<double>(runs);
}

ManyDescriptors::ManyDescriptors(int wanted) : former_(LimitOf(RLIMIT_NOFILE)) {
  const auto needed = std::max(static_cast<rlim_t>(wanted), former_.rlim_cur);
  const rlimit raised = {.rlim_cur = needed, .rlim_max = std::max(needed, former_.rlim_max)};
  if (setrlimit(RLIMIT_NOFILE, &raised) != 0) SetSoftLimit(RLIMIT_NOFILE, needed);
  limit_ = static_cast<int>(
      std::min<rlim_t>(LimitOf(RLIMIT_NOFILE).rlim_cur, std::numeric_limits<int>::max()));
}

OneProcessor::OneProcessor() {
  const int here = sched_getcpu();
  if (here < 0) return;
  RunOn({here});
  former_policy_ = sched_getscheduler(0);
  if (former_policy_ == SCHED_OTHER) SetPolicy(SCHED_BATCH);
}

OneProcessor::~OneProcessor() {
  if (former_policy_ == SCHED_OTHER) SetPolicy(SCHED_OTHER);
}

TwoProcessors::TwoProcessors() {
  const std::vector<int>& processors = former_.processors();
  if (processors.size() < 2) return;
  generator_ = processors.front();
  server_ = processors.back();
  RunOn({generator_});
}

AwakeProcessor::AwakeProcessor(int processor) {
  if (processor < 0) return;
  idler_ = std::jthread([processor](const std::stop_token& stop) {
    // In this order: it must not run a moment in the others' way.
    if (!SetPolicy(SCHED_IDLE) || !RunOn({processor})) return;
    while (!stop.stop_requested()) {
    }
  });
}

}  // namespace hupstorm
