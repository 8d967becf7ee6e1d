#include "tests/benchmarks/scenario_benchmarks.h"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/harness/echo_crowd.h"
#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/reference/reference.h"

namespace hupstorm {
namespace {

Scenario Parsed(const char* name, const char* text) { return ParseScenario(text, name); }

std::vector<Scenario> Cases() {
  return {
      Parsed("one client connects", "a connect\n"),
      Parsed("echo of 100 B, half-close", "a connect\na read all\na send 100B\na shutdown write\n"),
      Parsed("10 clients, one resets",
             "c[1..10] connect\nc[1..10] read all\nc[1..10] send 100B\nc[3] reset\n"
             "c[1..10] close\n"),
      harness::PassingCrowd(10),
      harness::PassingCrowd(1'000),
      harness::PassingCrowd(100'000),
  };
}

void RunScenarios(benchmark::State& state, const Scenario& scenario, const Target& target) {
  SimulatedWorld world;
  uint64_t calls = 0;
  for (auto _ : state) {
    const RunResult result = world.Run(scenario, target, {});
    if (!result.findings.empty()) state.SkipWithError("the reference was found guilty");
    calls = result.calls;
  }
  state.SetItemsProcessed(state.iterations());
  state.counters[kCallsCounter] = static_cast<double>(calls);
}

}  // namespace

void RegisterScenarioBenchmarks() {
  for (const Target& target : ReferenceTargets()) {
    for (const Scenario& what : Cases()) {
      benchmark::RegisterBenchmark(
          ("scenario/" + what.file + "/" + target.name).c_str(),
          [what, target](benchmark::State& state) { RunScenarios(state, what, target); });
    }
  }
}

}  // namespace hupstorm
