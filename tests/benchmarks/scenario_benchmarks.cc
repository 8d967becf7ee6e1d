#include "tests/benchmarks/scenario_benchmarks.h"

#include <benchmark/benchmark.h>

#include <string>

#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/reference/reference.h"

namespace hupstorm {
namespace {

struct Case {
  const char* name;
  const char* text;
};

constexpr Case kCases[] = {
    {"one-client-connects", "a connect\n"},
    {"one-client-echo-100B", "a connect\na read all\na send 100B\na shutdown write\n"},
    {"ten-clients-and-a-reset",
     "c[1..10] connect\nc[1..10] read all\nc[1..10] send 100B\nc[3] reset\nc[1..10] close\n"},
    {"10-connections", "c[1..10] connect\nc[1..10] send 100B\n"},
    {"1000-connections", "c[1..1000] connect\nc[1..1000] send 100B\n"},
    {"9000-connections", "c[1..9000] connect\nc[1..9000] send 100B\n"},
};

void RunScenarios(benchmark::State& state, const Case& what, const Target& target) {
  SimulatedWorld world;
  const Scenario scenario = ParseScenario(what.text, what.name);
  uint64_t calls = 0;
  for (auto _ : state) {
    const RunResult result = world.Run(scenario, target, {});
    if (!result.findings.empty()) state.SkipWithError("the reference was found guilty");
    calls = result.calls;
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["calls"] = static_cast<double>(calls);
}

}  // namespace

void RegisterScenarioBenchmarks() {
  for (const Target& target : ReferenceTargets()) {
    if (target.name != "reference/epoll-lt" && target.name != "reference/epoll-et") continue;
    for (const Case& what : kCases) {
      benchmark::RegisterBenchmark(
          ("scenario/" + std::string(what.name) + "/" + target.name).c_str(),
          [what, target](benchmark::State& state) { RunScenarios(state, what, target); });
    }
  }
}

}  // namespace hupstorm
