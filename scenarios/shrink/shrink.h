// Delta debugging of scenarios: the smallest one that still shows what a large one shows.

#ifndef HUPSTORM_SCENARIOS_SHRINK_SHRINK_H_
#define HUPSTORM_SCENARIOS_SHRINK_SHRINK_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>

#include "scenarios/language/scenario.h"

namespace hupstorm {

struct ShrinkOptions {
  size_t most_runs = 100'000;  // calls of `still_fails`
  std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt;
  // After each run: how many there were, and how many steps the best scenario has.
  std::function<void(size_t runs, size_t steps)> on_progress = nullptr;
};

struct ShrinkResult {
  Scenario scenario;  // its steps' lines are 0
  size_t runs = 0;
  bool cut_off = false;  // by a bound: something more might have gone
};

// Takes away steps, clients, rounds, placements and the like, lowers what is a number, and renames
// clients to a, b, c, until no single change leaves a scenario for which `still_fails` holds. It is
// taken to hold for `scenario` itself, is asked about no scenario twice, and only about such as can
// be printed and parsed. What it throws leaves this function.
//
// The name, file, title and protocol stay. At least one step stays. Equal answers of `still_fails`
// give an equal result.
ShrinkResult Shrink(const Scenario& scenario,
                    const std::function<bool(const Scenario&)>& still_fails,
                    const ShrinkOptions& options = {});

// After steps were taken away: the grammar has an "and" behind a step only.
void MakeValid(Scenario& scenario);

// Whether a client is in both.
bool Overlap(const Clients& a, const Clients& b);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_SHRINK_SHRINK_H_
