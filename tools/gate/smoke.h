// A bounded, seeded look beyond the suite: scenarios made from it by the fuzzers' mutator, without
// an engine and so without coverage to lead them. The same seed gives the same scenarios, however
// many processes run them.

#ifndef HUPSTORM_TOOLS_GATE_SMOKE_H_
#define HUPSTORM_TOOLS_GATE_SMOKE_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "scenarios/language/scenario.h"
#include "scenarios/oracles/finding.h"
#include "target/target.h"
#include "tools/isolation/isolated_runner.h"

namespace hupstorm {

struct SmokeSettings {
  IsolationOptions isolation;
  uint64_t runs = 0;
  uint64_t seed = 1;
  // Whether a scenario can be had in this world; null for all.
  std::function<bool(const Scenario&)> can_run = nullptr;
  std::function<void(uint64_t done)> on_progress = [](uint64_t) {};
};

struct SmokeFinding {
  Finding finding;    // of the scenario "random-SEED-RUN"
  Scenario scenario;  // the first that showed it
  uint64_t runs = 0;  // that showed it
};

// `seeds` are scenarios that fit `target`. Each distinct finding once, in order of the run that
// showed it first. Throws as RunIsolated does.
std::vector<SmokeFinding> RunSmoke(std::span<const Scenario* const> seeds, const Target& target,
                                   const SmokeSettings& settings);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_SMOKE_H_
