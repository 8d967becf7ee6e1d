#include "bench/benches.h"
#include "bench/harness/parts.h"

namespace hupstorm {

BenchReport BenchHarness(const BenchSettings& settings) {
  BenchReport report = {.name = "harness", .title = "What hupstorm costs"};
  // Shares as the parts take time, on the machine that this was written on.
  harness::AddCallCosts({settings, 0, 0.3}, report);
  harness::AddLayerCosts({settings, 0.3, 0.4}, report);
  harness::AddScenarioRates({settings, 0.4, 0.65}, report);
  harness::AddConnectionCosts({settings, 0.65, 0.85}, report);
  harness::AddDefectTimes({settings, 0.85, 1}, report);
  return report;
}

}  // namespace hupstorm
