#include "scenarios/mutator/work_limit.h"

#include <gtest/gtest.h>

#include "scenarios/language/parse.h"

namespace hupstorm {
namespace {

uint64_t Calls(const char* text) { return EstimateCalls(ParseScenario(text, "t")); }
bool Affordable(const char* text) { return IsAffordable(ParseScenario(text, "t")); }

TEST(WorkLimitTest, LetsThroughWhatShowsInACrowdOnly) {
  EXPECT_TRUE(Affordable("c[1..800] connect\n"));
  EXPECT_TRUE(Affordable("c[1..800] connect\nc[1..800] close\n"));
  EXPECT_TRUE(Affordable("rounds 3\nc[1..32] connect\nc[1..32] request\nc[1..32] close\n"));
  EXPECT_TRUE(Affordable("a connect\na send 256KiB\na shutdown write\n"));
  EXPECT_TRUE(Affordable("fault recv short 1 always\na connect\na send 1KiB\n"));
}

TEST(WorkLimitTest, KeepsOutWhatIsLong) {
  EXPECT_FALSE(Affordable("rounds 8\nc[1..800] connect\n"));
  EXPECT_FALSE(Affordable("a connect\na send 64MiB\n"));
  EXPECT_FALSE(Affordable("fault recv short 1 always\na connect\na send 64KiB\n"));
  EXPECT_FALSE(Affordable("wait 24h\n"));
  EXPECT_FALSE(Affordable("rounds 1000\na connect\n"));
}

TEST(WorkLimitTest, UsualScenariosAreUsual) {
  EXPECT_LE(Calls("a connect\na send 32KiB\na shutdown write\na read all\n"), kUsualCalls);
  EXPECT_LE(Calls("c[1..16] connect\nc[1..16] reset\n"), kUsualCalls);
}

TEST(WorkLimitTest, AFewShortCallsAreFew) {
  EXPECT_LE(Calls("fault recv short 1 times 3\na connect\na send 32KiB\n"), kUsualCalls);
  EXPECT_GT(Calls("fault recv short 1 times 500\na connect\na send 64KiB\n"), kMostCalls);
}

TEST(WorkLimitTest, TheLargestScenarioDoesNotOverflow) {
  Scenario largest;
  largest.rounds = kMaxRounds;
  Step step;
  step.action = Action::kSend;
  step.amount = kMaxSend;
  step.clients = {'a', 0, kMaxClientIndex};
  largest.steps.assign(kMaxSteps, step);
  Step fault;
  fault.action = Action::kFault;
  fault.fault.times = kAlways;
  largest.steps.front() = fault;
  EXPECT_FALSE(IsAffordable(largest));
}

}  // namespace
}  // namespace hupstorm
