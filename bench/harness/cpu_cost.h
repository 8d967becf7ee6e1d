// What something costs, in CPU time of this thread: a busy machine disturbs it less than the clock.

#ifndef HUPSTORM_BENCH_HARNESS_CPU_COST_H_
#define HUPSTORM_BENCH_HARNESS_CPU_COST_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "bench/bench_report.h"
#include "bench/harness/measured_calls.h"
#include "bench/thread_cpu.h"

namespace hupstorm::harness {

// Of one call, in ns, measured for about `wall` of time, what it prepares included.
double CostOf(MeasuredCall& call, std::chrono::milliseconds wall);

// Of one `run`, in ns: it is repeated for about `wall`, once at least.
double CostOf(const std::function<void()>& run, std::chrono::milliseconds wall);

// What is added to a cost, from measurements that were taken in turn: `with[i]` right after
// `without[i]`. Each difference counts by itself, so that what slows both of a pair drops out. Both
// hold the same number, at least one.
Spread Added(const std::vector<double>& without, const std::vector<double>& with);

// with / without, likewise. `without` holds no 0.
Spread Ratio(const std::vector<double>& without, const std::vector<double>& with);

}  // namespace hupstorm::harness

#endif  // HUPSTORM_BENCH_HARNESS_CPU_COST_H_
