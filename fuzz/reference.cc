// Fuzzes one form of the reference server: bytes are a scenario, all oracles judge. CMake builds
// one executable for each form and says which in HUPSTORM_FUZZ_TARGET.

#include "target/reference/reference.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "fuzz/work_limit.h"
#include "scenarios/language/bytes.h"
#include "scenarios/language/print.h"
#include "scenarios/worlds/simulated_world.h"

namespace hupstorm {
namespace {

const Target& FuzzedTarget() {
  static const std::vector<Target> targets = ReferenceTargets();
  for (const Target& target : targets) {
    if (target.name == HUPSTORM_FUZZ_TARGET) return target;
  }
  std::abort();
}

[[noreturn]] void Report(const Scenario& scenario, const RunResult& result) {
  for (const Finding& finding : result.findings) {
    fmt::print(stderr, "{}: {}: {} [{}]\n", finding.target, finding.oracle, finding.evidence,
               finding.fingerprint);
  }
  fmt::print(stderr, "the scenario:\n{}", PrintScenario(scenario));
  fmt::print(stderr, "replay: hupstorm replay CRASH-FILE --target {}\n", HUPSTORM_FUZZ_TARGET);
  std::abort();
}

}  // namespace
}  // namespace hupstorm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hupstorm;  // NOLINT(google-build-using-namespace)
  static SimulatedWorld world;
  static Scenario scenario;
  static const Target& target = FuzzedTarget();
  DecodeScenario({data, size}, scenario);
  if (!IsAffordable(scenario)) return 0;
  const RunResult result = world.Run(scenario, target, {});
  if (!result.findings.empty()) Report(scenario, result);
  return 0;
}
