// The parts of `hupstorm_bench harness`. Each measures, and adds its tables, plots and figures to
// the report.

#ifndef HUPSTORM_BENCH_HARNESS_PARTS_H_
#define HUPSTORM_BENCH_HARNESS_PARTS_H_

#include <iterator>
#include <string>

#include "bench/bench_report.h"
#include "bench/benches.h"

namespace hupstorm::harness {

// A part's share of the whole: from `from` to `to` of all that is to be done, each 0 to 1.
struct Share {
  const BenchSettings& settings;
  double from = 0;
  double to = 1;

  // `done`: of this part, 0 to 1.
  void Report(double done, const std::string& what) const {
    settings.on_progress(from + (to - from) * done, what);
  }
  // Of a fraction of this share.
  Share Part(double first, double last) const {
    return {settings, from + (to - from) * first, from + (to - from) * last};
  }
  // `quick` or `full`, as the settings say.
  template <typename T>
  T Choose(const T& quick, const T& full) const {
    return settings.quick ? quick : full;
  }
  // Calls measure(thing) for each of `things`, one after another, `times` times over for each
  // repeat, and reports what(thing).
  template <typename Things, typename What, typename Measure>
  void TakeTurns(Things&& things, const What& what, const Measure& measure, int times = 1) const {
    const double all = static_cast<double>(std::size(things)) * settings.repeats * times;
    double done = 0;
    for (int turn = 0; turn < settings.repeats * times; ++turn) {
      for (auto& thing : things) {
        Report(done++ / all, what(thing));
        measure(thing);
      }
    }
  }
};

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
