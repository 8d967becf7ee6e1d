// What bounds the work of Shrink, and what its result keeps.

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "scenarios/language/parse.h"
#include "scenarios/shrink/shrink.h"
#include "tests/scenarios/shrink/predicates.h"

namespace hupstorm {
namespace {

TEST(ShrinkBoundsTest, NameTitleAndProtocolStay) {
  Scenario scenario = ParseScenario(kLarge, "large.scn");
  scenario.name = "area/large";
  const Scenario smallest = Shrink(scenario, Always).scenario;
  EXPECT_EQ(smallest.name, "area/large");
  EXPECT_EQ(smallest.file, "large.scn");
  EXPECT_EQ(smallest.title, "A title.");
  EXPECT_EQ(smallest.protocol, std::nullopt);
}

TEST(ShrinkBoundsTest, NoMoreRunsThanAllowed) {
  const Scenario scenario = ParseScenario(kLarge, "large.scn");
  size_t asked = 0;
  const auto needed = [&](const Scenario& candidate) {
    ++asked;
    return HasAction(Action::kReset)(candidate);
  };
  const ShrinkResult bounded = Shrink(scenario, needed, {.most_runs = 5});
  EXPECT_EQ(asked, 5u);
  EXPECT_EQ(bounded.runs, 5u);
  EXPECT_TRUE(bounded.cut_off);
  EXPECT_TRUE(HasAction(Action::kReset)(bounded.scenario)) << "the best so far";
  EXPECT_FALSE(Shrink(scenario, needed).cut_off);
}

TEST(ShrinkBoundsTest, NoRunAfterTheDeadline) {
  const Scenario scenario = ParseScenario(kLarge, "large.scn");
  const ShrinkResult result =
      Shrink(scenario, Always, {.deadline = std::chrono::steady_clock::now()});
  EXPECT_EQ(result.runs, 0u);
  EXPECT_TRUE(result.cut_off);
  EXPECT_EQ(result.scenario, scenario);
}

TEST(ShrinkBoundsTest, ProgressIsToldAfterEachRun) {
  std::vector<size_t> runs;
  size_t steps = 0;
  const ShrinkResult result = Shrink(ParseScenario(kLarge, "large.scn"), Always,
                                     {.on_progress = [&](size_t run, size_t now) {
                                       runs.push_back(run);
                                       steps = now;
                                     }});
  ASSERT_EQ(runs.size(), result.runs);
  for (size_t i = 0; i < runs.size(); ++i) EXPECT_EQ(runs[i], i + 1);
  EXPECT_EQ(steps, result.scenario.steps.size());
}

TEST(ShrinkBoundsTest, WhatThePredicateThrowsComesThrough) {
  const auto throws = [](const Scenario&) -> bool { throw std::runtime_error("no worker"); };
  EXPECT_THROW(Shrink(ParseScenario(kLarge, "large.scn"), throws), std::runtime_error);
}

TEST(ShrinkBoundsTest, ALongScenarioTakesFewRuns) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "b send 1\n";
  text += "a reset\n";
  const ShrinkResult result = Shrink(ParseScenario(text, "long.scn"), HasAction(Action::kReset));
  EXPECT_EQ(result.scenario.steps.size(), 1u);
  EXPECT_LT(result.runs, 100u);
}

}  // namespace
}  // namespace hupstorm
