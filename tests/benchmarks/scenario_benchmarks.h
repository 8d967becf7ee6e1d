// What a whole run of a scenario costs in the simulated world, all oracles included.

#ifndef HUPSTORM_TESTS_BENCHMARKS_SCENARIO_BENCHMARKS_H_
#define HUPSTORM_TESTS_BENCHMARKS_SCENARIO_BENCHMARKS_H_

namespace hupstorm {

// The counter that holds how many calls the server makes in one run.
inline constexpr char kCallsCounter[] = "calls";

// Names are "scenario/<what it does>/<target>"; items_per_second are scenarios a second.
void RegisterScenarioBenchmarks();

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_BENCHMARKS_SCENARIO_BENCHMARKS_H_
