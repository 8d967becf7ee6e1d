#include "scenarios/mutator/mutations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "scenarios/language/bytes.h"
#include "scenarios/language/print.h"
#include "tests/scenarios/mutator/sample.h"

namespace hupstorm {
namespace {

constexpr uint64_t kSeeds = 300;

// Null for an unknown name.
const Mutation* FindMutation(std::string_view name) {
  const std::span<const Mutation> all = Mutations();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Mutation& known) { return known.name == name; });
  return found == all.end() ? nullptr : &*found;
}

using Check = std::function<void(const Scenario& before, const Scenario& after)>;

// Applies the mutation with many seeds; `check` sees each result. At least a quarter must do
// something.
void ForMutantsOf(const Scenario& before, std::string_view name, const Check& check) {
  const Mutation* mutation = FindMutation(name);
  ASSERT_NE(mutation, nullptr) << name;
  uint64_t done = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    Scenario after = before;
    Random random(seed);
    if (!mutation->apply(after, Protocol::kEcho, random)) {
      ASSERT_EQ(after, before) << name << " changed something and says no";
      continue;
    }
    ASSERT_FALSE(after == before) << name << " changed nothing and says that it did";
    ASSERT_FALSE(after.steps.empty()) << name;
    check(before, after);
    ++done;
  }
  EXPECT_GE(done, kSeeds / 4) << name;
}

// The one step in which both differ.
size_t OnlyChange(const Scenario& before, const Scenario& after) {
  EXPECT_EQ(before.steps.size(), after.steps.size());
  EXPECT_EQ(before.rounds, after.rounds);
  const auto [old, changed] =
      std::mismatch(before.steps.begin(), before.steps.end(), after.steps.begin());
  EXPECT_TRUE(std::equal(old + 1, before.steps.end(), changed + 1)) << "more than one step changed";
  return static_cast<size_t>(old - before.steps.begin());
}

// `forgive` makes equal what the mutation may change.
void ExpectOnlyChange(std::string_view name, const std::function<void(Step&)>& forgive) {
  ForMutantsOf(Sample(), name, [&](const Scenario& before, const Scenario& after) {
    const size_t place = OnlyChange(before, after);
    Step old = before.steps[place];
    Step changed = after.steps[place];
    forgive(old);
    forgive(changed);
    EXPECT_EQ(old, changed) << name << ":\n" << PrintScenario(after);
  });
}

bool IsPartOf(const std::vector<Step>& part, const std::vector<Step>& whole) {
  auto next = whole.begin();
  for (const Step& step : part) {
    next = std::find(next, whole.end(), step);
    if (next == whole.end()) return false;
    ++next;
  }
  return true;
}

size_t Connected(const Scenario& scenario) {
  size_t clients = 0;
  for (const Step& step : scenario.steps) {
    if (step.action == Action::kConnect) clients += step.clients.last - step.clients.first + 1;
  }
  return clients;
}

TEST(MutationsTest, EachOneDoesSomethingToASampleAndLeavesAValidScenario) {
  for (const Mutation& mutation : Mutations()) {
    EXPECT_GE(mutation.weight, 1) << mutation.name;
    uint64_t done = 0;
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      Scenario scenario = Sample();
      if (mutation.name == "rounds") scenario.rounds = 3;
      Random random(seed);
      done += mutation.apply(scenario, Protocol::kHttp, random);
      TidyScenario(scenario);
      ASSERT_EQ(DecodeScenario(EncodeScenario(scenario)), scenario) << mutation.name << ":\n"
                                                                    << PrintScenario(scenario);
    }
    EXPECT_GE(done, kSeeds / 4) << mutation.name;
  }
}

TEST(MutationsTest, UnknownNamesFindNone) { EXPECT_EQ(FindMutation("no-such"), nullptr); }

TEST(MutationsTest, InsertStepAddsOne) {
  ForMutantsOf(Sample(), "insert-step", [](const Scenario& before, const Scenario& after) {
    EXPECT_EQ(after.steps.size(), before.steps.size() + 1);
    EXPECT_TRUE(IsPartOf(before.steps, after.steps));
  });
}

TEST(MutationsTest, InsertLifeConnectsSomebodyAndHasThemDoSomething) {
  ForMutantsOf(Sample(), "insert-life", [](const Scenario& before, const Scenario& after) {
    EXPECT_GE(after.steps.size(), before.steps.size() + 2);
    EXPECT_GT(Connected(after), Connected(before));
    EXPECT_TRUE(IsPartOf(before.steps, after.steps));
  });
}

TEST(MutationsTest, DropLeavesARestInOrder) {
  ForMutantsOf(Sample(), "drop", [](const Scenario& before, const Scenario& after) {
    EXPECT_LT(after.steps.size(), before.steps.size());
    EXPECT_TRUE(IsPartOf(after.steps, before.steps));
  });
}

TEST(MutationsTest, RepeatAddsStepsThatAreThere) {
  ForMutantsOf(Sample(), "repeat", [](const Scenario& before, const Scenario& after) {
    EXPECT_GT(after.steps.size(), before.steps.size());
    EXPECT_TRUE(IsPartOf(before.steps, after.steps));
    for (const Step& step : after.steps) {
      EXPECT_NE(std::find(before.steps.begin(), before.steps.end(), step), before.steps.end());
    }
  });
}

TEST(MutationsTest, SwapAndMoveKeepAllSteps) {
  for (const char* name : {"swap", "move"}) {
    ForMutantsOf(Sample(), name, [](const Scenario& before, const Scenario& after) {
      EXPECT_TRUE(std::is_permutation(before.steps.begin(), before.steps.end(), after.steps.begin(),
                                      after.steps.end()));
    });
  }
}

TEST(MutationsTest, PlacePutsAStepIntoACallAndUnplaceTakesItOut) {
  ExpectOnlyChange("place", [](Step& step) {
    step.at.reset();
    step.together = false;
  });
  ForMutantsOf(Sample(), "place", [](const Scenario& before, const Scenario& after) {
    EXPECT_TRUE(after.steps[OnlyChange(before, after)].at);
  });
  Scenario placed = Sample();
  for (Step& step : placed.steps) step.at = Placement{};
  ForMutantsOf(placed, "unplace", [](const Scenario& before, const Scenario& after) {
    EXPECT_FALSE(after.steps[OnlyChange(before, after)].at);
  });
}

TEST(MutationsTest, ChangesOfOneStepLeaveTheRestOfItAlone) {
  ExpectOnlyChange("join", [](Step& step) { step.together = false; });
  ExpectOnlyChange("each", [](Step& step) { step.each = false; });
  ExpectOnlyChange("change-placement", [](Step& step) {
    EXPECT_TRUE(step.at);
    step.at.reset();
  });
  ExpectOnlyChange("change-who", [](Step& step) {
    step.clients = Clients{};
    step.fault_client.reset();
  });
  ExpectOnlyChange("change-how-much", [](Step& step) {
    EXPECT_NE(step.action, Action::kWait);
    step.amount = 0;
    step.text.clear();
  });
  ExpectOnlyChange("change-fault", [](Step& step) {
    EXPECT_EQ(step.action, Action::kFault);
    EXPECT_TRUE(IsLegal(step.fault.call, step.fault.outcome));
    step.fault = FaultRule{};
    step.fault_client.reset();
  });
}

TEST(MutationsTest, ChangeHowLongChangesWaits) {
  Scenario waits = Sample();
  std::erase_if(waits.steps, [](const Step& step) { return step.action != Action::kWait; });
  ForMutantsOf(waits, "change-how-long", [](const Scenario& before, const Scenario& after) {
    const Step& step = after.steps[OnlyChange(before, after)];
    EXPECT_EQ(step.action, Action::kWait);
    EXPECT_GE(step.amount, 1u);
  });
}

TEST(MutationsTest, ChangeWhatKeepsWhoAndWhere) {
  ForMutantsOf(Sample(), "change-what", [](const Scenario& before, const Scenario& after) {
    const size_t place = OnlyChange(before, after);
    EXPECT_EQ(after.steps[place].clients, before.steps[place].clients);
    EXPECT_EQ(after.steps[place].at, before.steps[place].at);
    EXPECT_TRUE(IsClientAction(after.steps[place].action));
  });
}

TEST(MutationsTest, CrowdChangesWhoWhereverTheyAct) {
  ForMutantsOf(Sample(), "crowd", [](const Scenario& before, const Scenario& after) {
    ASSERT_EQ(after.steps.size(), before.steps.size());
    std::optional<Clients> old;
    Clients crowd;
    for (size_t i = 0; i < before.steps.size(); ++i) {
      if (before.steps[i] == after.steps[i]) continue;
      if (!old) {
        old = before.steps[i].clients;
        crowd = after.steps[i].clients;
      }
      EXPECT_EQ(before.steps[i].clients, *old);
      EXPECT_EQ(after.steps[i].clients, crowd);
    }
    for (const Step& step : after.steps) {
      EXPECT_FALSE(IsClientAction(step.action) && step.clients == old);
    }
  });
}

TEST(MutationsTest, RoundsChangesNothingElse) {
  ForMutantsOf(Sample(), "rounds", [](const Scenario& before, const Scenario& after) {
    EXPECT_GE(after.rounds, 2u);
    EXPECT_EQ(after.steps, before.steps);
  });
}

TEST(MutationsTest, SwitchOffLeavesNoneOfAKind) {
  bool faults = false;
  bool placed = false;
  bool connects = false;
  ForMutantsOf(Sample(), "switch-off", [&](const Scenario& before, const Scenario& after) {
    EXPECT_LT(after.steps.size() + 1, before.steps.size());
    EXPECT_TRUE(IsPartOf(after.steps, before.steps));
    const auto has = [&](const auto& what) {
      return std::any_of(after.steps.begin(), after.steps.end(), what);
    };
    faults |= !has([](const Step& step) { return step.action == Action::kFault; });
    placed |= !has([](const Step& step) { return step.at.has_value(); });
    connects |= !has([](const Step& step) { return step.action == Action::kConnect && !step.at; });
  });
  EXPECT_TRUE(faults && placed && connects);
}

TEST(MutationsTest, TidyLeavesWhatBytesCanSay) {
  Scenario scenario = ParseScenario("a connect\nand a send 1\nexpect a open\na close\n", "t");
  scenario.steps.erase(scenario.steps.begin());
  TidyScenario(scenario);
  EXPECT_EQ(scenario.steps.size(), 2u);
  EXPECT_FALSE(scenario.steps.front().together);
  Scenario empty;
  TidyScenario(empty);
  EXPECT_EQ(empty.steps.size(), 1u);
}

}  // namespace
}  // namespace hupstorm
