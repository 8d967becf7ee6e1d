// Changes scenarios by their steps, for fuzzers: a mutant is as valid a scenario as what it was
// made from, and differs from it in a thing or two that mean something to a server.
//
//   bytes ── DecodeScenario ──► Mutate / CrossOver ── EncodeScenario ──► bytes
//
// libfuzzer_mutator.cc and afl_mutator.cc join it to the engines.

#ifndef HUPSTORM_SCENARIOS_MUTATOR_SCENARIO_MUTATOR_H_
#define HUPSTORM_SCENARIOS_MUTATOR_SCENARIO_MUTATOR_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "scenarios/language/scenario.h"
#include "target/target.h"

namespace hupstorm {

class ScenarioMutator {
 public:
  // The scenarios are for servers of `protocol`, which is kEcho, kAck or kHttp: it becomes their
  // header, and decides which steps and texts are likely. The same seed gives the same mutants.
  ScenarioMutator(Protocol protocol, uint64_t seed) : protocol_(protocol), random_(seed) {}

  // One to four changes, more if there is next to nothing yet. The result is affordable
  // (work_limit.h), and nearly always cheap: of what is dear, most mutants are cut down.
  void Mutate(Scenario& scenario);

  // A run of steps of `first`, and then, or within it, one of `second`; affordable as well.
  Scenario CrossOver(const Scenario& first, const Scenario& second);

  // The encoded mutant of what `bytes` decode to, or of two scenarios, in at most `max_size` bytes:
  // steps are dropped, and at last text, until it fits. Empty if nothing fits.
  std::vector<uint8_t> MutateBytes(std::span<const uint8_t> bytes, size_t max_size);
  std::vector<uint8_t> CrossOverBytes(std::span<const uint8_t> first,
                                      std::span<const uint8_t> second, size_t max_size);

 private:
  void Finish(Scenario& scenario, uint64_t large_in);
  std::vector<uint8_t> Encode(Scenario& scenario, size_t max_size);

  Protocol protocol_;
  Random random_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_MUTATOR_SCENARIO_MUTATOR_H_
