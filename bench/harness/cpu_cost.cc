#include "bench/harness/cpu_cost.h"

namespace hupstorm::harness {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

double CostOf(MeasuredCall& call, std::chrono::milliseconds wall) {
  static const int64_t clock_ns = ThreadCpuClockNs();
  const Clock::time_point end = Clock::now() + wall;
  call.Prepare();
  call.RunBatch();  // warms up
  // Looks at the clock are spread over many batches where nothing is prepared in between.
  const int at_once = call.prepares() ? 1 : 64;
  int64_t ns = 0;
  int64_t batches = 0;
  do {
    call.Prepare();
    const int64_t start = ThreadCpuNs();
    for (int i = 0; i < at_once; ++i) call.RunBatch();
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

Spread Added(const std::vector<double>& without, const std::vector<double>& with) {
  std::vector<double> added;
  for (size_t i = 0; i < with.size(); ++i) added.push_back(with[i] - without.at(i));
  return SpreadOf(std::move(added));
}

Spread Ratio(const std::vector<double>& without, const std::vector<double>& with) {
  std::vector<double> ratios;
  for (size_t i = 0; i < with.size(); ++i) ratios.push_back(with[i] / without.at(i));
  return SpreadOf(std::move(ratios));
}

}  // namespace hupstorm::harness
