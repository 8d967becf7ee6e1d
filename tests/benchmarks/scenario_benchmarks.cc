#include "tests/benchmarks/scenario_benchmarks.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/reference/reference.h"

namespace hupstorm {
namespace {

struct Case {
  std::string name;
  std::string text;
};

// Each client connects and sends 100 B. A letter stands for 10,000 clients at most.
Case CrowdOf(int clients) {
  constexpr int kClientsOfALetter = 10'000;
  std::string text;
  for (const char* action : {"connect", "send 100B"}) {
    for (int first = 0; first < clients; first += kClientsOfALetter) {
      text += fmt::format("{}[0..{}] {}\n", static_cast<char>('a' + first / kClientsOfALetter),
                          std::min(clients - first, kClientsOfALetter) - 1, action);
    }
  }
  return {fmt::format("{} connections", clients), text};
}

std::vector<Case> Cases() {
  return {
      {"one client connects", "a connect\n"},
      {"echo of 100 B, half-close", "a connect\na read all\na send 100B\na shutdown write\n"},
      {"10 clients, one resets",
       "c[1..10] connect\nc[1..10] read all\nc[1..10] send 100B\nc[3] reset\nc[1..10] close\n"},
      CrowdOf(10),
      CrowdOf(1'000),
      CrowdOf(100'000),
  };
}

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
  state.counters[kCallsCounter] = static_cast<double>(calls);
}

}  // namespace

void RegisterScenarioBenchmarks() {
  for (const Target& target : ReferenceTargets()) {
    for (const Case& what : Cases()) {
      benchmark::RegisterBenchmark(
          ("scenario/" + what.name + "/" + target.name).c_str(),
          [what, target](benchmark::State& state) { RunScenarios(state, what, target); });
    }
  }
}

}  // namespace hupstorm
