#include "tests/benchmarks/call_benchmarks.h"

#include <benchmark/benchmark.h>

#include <string>

#include "bench/harness/measured_calls.h"

namespace hupstorm {
namespace {

// Connections beside the measured one. Linux gets no more than a thousand: its descriptors and
// ports are the machine's.
constexpr int kUnloaded = 10;
constexpr int kLoads[] = {10, 100, 1'000, 100'000};
constexpr int kMostOnLinux = 1'000;

void Register(const std::string& name, const MeasuredCallKind& kind, Platform platform,
              int connections) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    const auto call = kind.make(SharedLoadedKernel(platform, connections));
    while (state.KeepRunningBatch(MeasuredCall::kBatch)) {
      if (call->prepares()) {
        state.PauseTiming();
        call->Prepare();
        state.ResumeTiming();
      }
      call->RunBatch();
    }
  })->MinTime(0.1);
}

}  // namespace

void RegisterCallBenchmarks() {
  for (const MeasuredCallKind& kind : MeasuredCallKinds()) {
    const std::string name = "call/" + std::string(kind.name);
    Register(name + "/Linux", kind, Platform::kLinux, kUnloaded);
    Register(name + "/Simulated", kind, Platform::kSimulated, kUnloaded);
  }
  for (const MeasuredCallKind& kind : MeasuredCallKinds()) {
    if (!kind.under_load) continue;
    for (int load : kLoads) {
      const std::string name = "load/" + std::string(kind.name) + "/" + std::to_string(load);
      if (load <= kMostOnLinux) Register(name + "/Linux", kind, Platform::kLinux, load);
      Register(name + "/Simulated", kind, Platform::kSimulated, load);
    }
  }
}

}  // namespace hupstorm
