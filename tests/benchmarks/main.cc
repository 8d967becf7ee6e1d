// hupstorm_benchmarks: what the simulated kernel costs, beside Linux, and what a scenario costs.
// Takes Google Benchmark's own flags, such as --benchmark_filter='call/.*recv'.

#include <benchmark/benchmark.h>

#include <string_view>

#include "tests/benchmarks/call_benchmarks.h"
#include "tests/benchmarks/scenario_benchmarks.h"
#include "tests/benchmarks/summary.h"

int main(int argc, char** argv) {
  // A report for machines is Google Benchmark's alone.
  bool machine_readable = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--benchmark_format=json" || argument == "--benchmark_format=csv") {
      machine_readable = true;
    }
  }
  hupstorm::RegisterCallBenchmarks();
  hupstorm::RegisterScenarioBenchmarks();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (machine_readable) {
    benchmark::RunSpecifiedBenchmarks();
  } else {
    hupstorm::SummaryReporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
  }
  benchmark::Shutdown();
}
