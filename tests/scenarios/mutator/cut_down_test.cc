#include "scenarios/mutator/cut_down.h"

#include <gtest/gtest.h>

#include "scenarios/language/print.h"
#include "scenarios/mutator/work_limit.h"
#include "tests/scenarios/mutator/sample.h"

namespace hupstorm {
namespace {

TEST(CutDownTest, ReachesAnyLimitThatOneConnectMeets) {
  const Scenario smallest = ParseScenario("a connect\n", "t");
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    Scenario scenario = Sample();
    scenario.rounds = 1 + static_cast<uint32_t>(random.Below(kMaxRounds));
    scenario.steps[4].clients.last = kMaxClientIndex;
    scenario.steps[7].amount = kMaxSend;
    scenario.steps[2].fault.times = kAlways;
    scenario.steps[9].amount = kMaxWaitNs;
    CutDown(scenario, EstimateCalls(smallest), random);
    EXPECT_LE(EstimateCalls(scenario), EstimateCalls(smallest));
    EXPECT_FALSE(scenario.steps.empty());
  }
}

TEST(CutDownTest, LeavesAStepOfACrowdThatDoesAllThatIsDone) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Scenario scenario = ParseScenario("rounds 400\nc[0..799] send 1\nc[0..799] reset\n", "t");
    Random random(seed);
    CutDown(scenario, kMostCalls, random);
    EXPECT_FALSE(scenario.steps.empty());
  }
}

TEST(CutDownTest, LeavesWhatIsCheapAlone) {
  Scenario scenario = Sample();
  Random random(1);
  CutDown(scenario, EstimateCalls(scenario), random);
  EXPECT_EQ(scenario, Sample());
}

TEST(CutDownTest, ACrowdStaysTheSameCrowdInAllSteps) {
  const Scenario crowd = ParseScenario("c[0..99] connect\nc[0..99] send 1\nc[0..99] reset\n", "t");
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Scenario scenario = crowd;
    Random random(seed);
    CutDown(scenario, EstimateCalls(crowd) / 2, random);
    for (const Step& step : scenario.steps) {
      EXPECT_EQ(step.clients, scenario.steps.front().clients) << PrintScenario(scenario);
    }
  }
}

TEST(CutDownTest, ManyThatOnlyConnectAreKeptBeforeWhatTheyDo) {
  const Scenario crowd =
      ParseScenario("c[0..799] connect\nc[0..799] send 1\nc[0..799] reset\n", "t");
  int kept = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Scenario scenario = crowd;
    Random random(seed);
    CutDown(scenario, kMostCalls, random);
    kept += scenario.steps.front().clients.last == 799;
  }
  EXPECT_GE(kept, 50);
}

}  // namespace
}  // namespace hupstorm
