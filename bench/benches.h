// The benchmarks of `hupstorm_bench`, each in a folder of its own beside this file.

#ifndef HUPSTORM_BENCH_BENCHES_H_
#define HUPSTORM_BENCH_BENCHES_H_

#include <functional>
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

// What the documents claim of select, poll and epoll (bench/claims).
BenchReport BenchClaims(const BenchSettings& settings);
// The reference beside servers on libraries (bench/servers).
BenchReport BenchServers(const BenchSettings& settings);
// What hupstorm itself costs (bench/harness).
BenchReport BenchHarness(const BenchSettings& settings);

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_BENCHES_H_
