// The parts of `hupstorm_bench harness`. Each measures, and adds its tables, plots and figures to
// the report.

#ifndef HUPSTORM_BENCH_HARNESS_PARTS_H_
#define HUPSTORM_BENCH_HARNESS_PARTS_H_

#include <vector>

#include "bench/bench_report.h"
#include "bench/benches.h"

namespace hupstorm::harness {

// Numbers of connections or clients that things are measured by.
inline std::vector<int> LoadsOf(const Share& share) {
  return share.Choose<std::vector<int>>({10, 1'000}, {10, 100, 1'000, 10'000, 100'000});
}

// figures.calls and figures.load: each call on the simulation and on Linux, by number of
// connections.
void AddCallCosts(const Share& share, BenchReport& report);
// figures.layers: what each layer between the server and the kernel adds to a call. figures.run: a
// server played by hand beside the same calls in a whole run. figures.aims, of both.
void AddLayerCosts(const Share& share, BenchReport& report);
// figures.scenarios_per_second, figures.placements_per_second, figures.crowds.
void AddScenarioRates(const Share& share, BenchReport& report);
// figures.connections: what a connection takes, simulated and on Linux.
void AddConnectionCosts(const Share& share, BenchReport& report);
// figures.defects: how soon the suite shows each defect of the documents' servers.
void AddDefectTimes(const Share& share, BenchReport& report);

}  // namespace hupstorm::harness

#endif  // HUPSTORM_BENCH_HARNESS_PARTS_H_
