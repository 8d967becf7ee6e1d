#include "scenarios/sweep/swept_scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"

namespace hupstorm {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Disturbance ResetAtRecv(uint32_t occurrence, bool in_drain = false) {
  Disturbance disturbance;
  disturbance.at.occurrence = occurrence;
  disturbance.in_drain = in_drain;
  return disturbance;
}

SweptScenario Swept(const char* text) { return SweptScenario(ParseScenario(text, "test.scn")); }

TEST(SweptScenarioTest, WhatGoesWrongComesFirst) {
  SweptScenario swept = Swept("a connect\na close\n");
  EXPECT_THAT(PrintScenario(swept.With(ResetAtRecv(3))),
              HasSubstr("at recv 3: a reset\na connect\na close\n"));
  EXPECT_THAT(PrintScenario(swept.With(ResetAtRecv(3), ResetAtRecv(4))),
              HasSubstr("at recv 3: a reset\nat recv 4: a reset\na connect\n"));
}

TEST(SweptScenarioTest, TheSameScenarioIsChangedInPlace) {
  SweptScenario swept = Swept("a connect\na close\n");
  const Scenario* const first = &swept.With(ResetAtRecv(1));
  const Step* const steps = first->steps.data();
  EXPECT_EQ(&swept.With(ResetAtRecv(2)), first);
  EXPECT_EQ(first->steps.data(), steps);
  EXPECT_EQ(first->steps[0].at->occurrence, 2u);
}

TEST(SweptScenarioTest, WhatHoldsOfAnUndisturbedRunIsNotExpected) {
  const SweptScenario swept = Swept("a connect\nexpect a connected\na close\n");
  EXPECT_THAT(PrintScenario(swept.Undisturbed()), Not(HasSubstr("expect")));
  EXPECT_EQ(swept.own_steps(), 2);
}

TEST(SweptScenarioTest, TwoRoundsAreEnough) {
  EXPECT_EQ(Swept("rounds 8\na connect\n").Undisturbed().rounds, 2u);
  EXPECT_EQ(Swept("a connect\n").Undisturbed().rounds, 1u);
}

TEST(SweptScenarioTest, InTheDrainEachGroupReadsAndHalfCloses) {
  SweptScenario swept = Swept("a connect\nc[1..3] connect\na send 1KiB\na connect\n");
  EXPECT_THAT(PrintScenario(swept.UndisturbedWithDrain()),
              HasSubstr("a connect\na read all\nc[1..3] read all\na shutdown write\n"
                        "c[1..3] shutdown write\n"));
  EXPECT_THAT(PrintScenario(swept.With(ResetAtRecv(1, true))), HasSubstr("a shutdown write"));
  EXPECT_THAT(PrintScenario(swept.With(ResetAtRecv(1))), Not(HasSubstr("a shutdown write")));
}

TEST(SweptScenarioTest, TheFirstStepComesTogetherWithNone) {
  Scenario scenario = ParseScenario("a connect\na close\n", "test.scn");
  scenario.steps.front().together = true;
  EXPECT_FALSE(SweptScenario(scenario).Undisturbed().steps.front().together);
}

}  // namespace
}  // namespace hupstorm
