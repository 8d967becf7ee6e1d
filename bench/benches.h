// The benchmarks of `hupstorm_bench`, each in a folder of its own beside this file.

#ifndef HUPSTORM_BENCH_BENCHES_H_
#define HUPSTORM_BENCH_BENCHES_H_

#include <functional>
#include <iterator>
#include <string>

#include "bench/bench_report.h"

namespace hupstorm {

struct BenchSettings {
  int repeats = 3;     // of each measurement
  bool quick = false;  // fewer and shorter measurements: to see that it works, not to be believed
  // Called with what is being measured, and how much of all is done (0 to 1).
  std::function<void(double done, const std::string& what)> on_progress = [](double,
                                                                             const std::string&) {};
};

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

// What the documents claim of select, poll and epoll (bench/claims).
BenchReport BenchClaims(const BenchSettings& settings);
// The reference beside servers on libraries (bench/servers).
BenchReport BenchServers(const BenchSettings& settings);
// What hupstorm itself costs (bench/harness).
BenchReport BenchHarness(const BenchSettings& settings);

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_BENCHES_H_
