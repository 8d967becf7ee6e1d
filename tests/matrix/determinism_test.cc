// Two runs of a scenario give the same trace, byte for byte: for the whole suite, in worlds that
// have run other scenarios before.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenarios/worlds/simulated_world.h"
#include "target/documented/documented.h"
#include "target/reference/reference.h"
#include "tests/test_name.h"
#include "tools/catalogue/scenario_catalogue.h"

namespace hupstorm {
namespace {

std::vector<Target> Targets() {
  std::vector<Target> targets = ReferenceTargets();
  for (int i = 0; i < kDocumentedServerCount; ++i) {
    const auto server = static_cast<DocumentedServer>(i);
    targets.push_back(DocumentedTarget(server, NoMends(server)));
  }
  return targets;
}

std::string Trace(World& world, const Scenario& scenario, const Target& target) {
  const RunResult result = world.Run(scenario, target, {.record_time_line = true});
  std::string trace;
  for (const TimeLineEntry& entry : result.time_line) {
    trace += std::to_string(entry.ns) + ' ' + std::to_string(static_cast<int>(entry.kind)) + ' ' +
             entry.text + '\n';
  }
  for (const Finding& finding : result.findings) {
    trace += finding.fingerprint + ' ' + finding.oracle + ' ' + finding.evidence + '\n';
  }
  return trace;
}

class DeterminismTest : public testing::TestWithParam<Target> {};

TEST_P(DeterminismTest, EachScenarioGivesTheSameTraceTwice) {
  const Target& target = GetParam();
  const std::vector<Scenario>& scenarios = Suite();
  ASSERT_GT(scenarios.size(), 80u);
  SimulatedWorld forwards;
  SimulatedWorld backwards;
  std::vector<size_t> hashes;
  for (const Scenario& scenario : scenarios) {
    hashes.push_back(std::hash<std::string>()(Trace(forwards, scenario, target)));
  }
  // The other way round, so that nothing can depend on what ran before.
  for (size_t i = scenarios.size(); i-- > 0;) {
    const std::string trace = Trace(backwards, scenarios[i], target);
    ASSERT_FALSE(trace.empty());
    EXPECT_EQ(std::hash<std::string>()(trace), hashes[i]) << scenarios[i].file;
  }
}

INSTANTIATE_TEST_SUITE_P(AllTargets, DeterminismTest, testing::ValuesIn(Targets()),
                         [](const auto& info) { return TestName(info.param.name); });

}  // namespace
}  // namespace hupstorm
