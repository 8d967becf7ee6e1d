#include "scenarios/mutator/scenario_mutator.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "scenarios/language/bytes.h"
#include "scenarios/mutator/work_limit.h"
#include "tests/scenarios/language/generate.h"
#include "tests/scenarios/mutator/sample.h"

namespace hupstorm {
namespace {

using Bytes = std::vector<uint8_t>;

// What a campaign from nothing comes to: mutants of mutants, of which none is thrown away.
std::vector<Scenario> Descendants(size_t count, uint64_t seed) {
  std::vector<Scenario> all(1);
  ScenarioMutator mutator(Protocol::kEcho, seed);
  Random random(seed);
  while (all.size() <= count) {
    Scenario mutant = random.Pick(all);
    mutator.Mutate(mutant);
    all.push_back(std::move(mutant));
  }
  all.erase(all.begin());
  return all;
}

bool IsLarge(const Scenario& scenario) { return EstimateCalls(scenario) > kUsualCalls; }

size_t MostConnected(const Scenario& scenario) {
  size_t most = 0;
  for (const Step& step : scenario.steps) {
    if (step.action != Action::kConnect) continue;
    most = std::max<size_t>(most, step.clients.last - step.clients.first + 1);
  }
  return most;
}

RC_GTEST_PROP(ScenarioMutatorTest, MutantsOfAnythingAreValidAndAffordable, (uint64_t seed)) {
  const Scenario first = *generate::Scenarios(true);
  Scenario mutant = first;
  ScenarioMutator mutator(Protocol::kHttp, seed);
  mutator.Mutate(mutant);
  RC_ASSERT(DecodeScenario(EncodeScenario(mutant)) == mutant);
  RC_ASSERT(IsAffordable(mutant));
  RC_ASSERT(mutant.protocol == Protocol::kHttp);
  for (const Step& step : mutant.steps) {
    RC_ASSERT(step.action != Action::kFault || IsLegal(step.fault.call, step.fault.outcome));
  }
  const Scenario child = mutator.CrossOver(DecodeScenario(EncodeScenario(first)), mutant);
  RC_ASSERT(DecodeScenario(EncodeScenario(child)) == child);
  RC_ASSERT(IsAffordable(child));
}

RC_GTEST_PROP(ScenarioMutatorTest, BytesFitIntoAnySize, (const Bytes& bytes, uint64_t seed)) {
  ScenarioMutator mutator(Protocol::kAck, seed);
  for (const size_t size : {0, 1, 2, 3, 5, 8, 20, 100, 4096}) {
    const Bytes mutant = mutator.MutateBytes(bytes, size);
    RC_ASSERT(mutant.size() <= size);
    const Bytes child = mutator.CrossOverBytes(bytes, mutant, size);
    RC_ASSERT(child.size() <= size);
    if (size >= 100) RC_ASSERT(!mutant.empty() && !child.empty());
  }
}

TEST(ScenarioMutatorTest, ATextThatIsTooLongIsCut) {
  Scenario scenario;
  scenario.steps.emplace_back().action = Action::kSendText;
  scenario.steps.back().text.assign(5000, 'x');
  const Bytes bytes = EncodeScenario(scenario);
  ScenarioMutator mutator(Protocol::kEcho, 1);
  for (int i = 0; i < 200; ++i) {
    const Bytes mutant = mutator.MutateBytes(bytes, 100);
    EXPECT_GE(mutant.size(), 1u);
    EXPECT_LE(mutant.size(), 100u);
  }
}

TEST(ScenarioMutatorTest, TheSameSeedGivesTheSameMutants) {
  EXPECT_EQ(Descendants(300, 7), Descendants(300, 7));
  EXPECT_NE(Descendants(300, 7), Descendants(300, 8));
}

TEST(ScenarioMutatorTest, MostMutantsAreCheap) {
  const std::vector<Scenario> mutants = Descendants(4000, 1);
  const auto large = std::count_if(mutants.begin(), mutants.end(), IsLarge);
  EXPECT_LT(large, 400);
  EXPECT_GT(large, 40);
}

TEST(ScenarioMutatorTest, MostMutantsOfALargeScenarioAreCutDown) {
  const Scenario parent = ParseScenario("c[0..799] connect\nc[0..799] close\n", "t");
  ScenarioMutator mutator(Protocol::kEcho, 1);
  int large = 0;
  for (int i = 0; i < 1000; ++i) {
    Scenario mutant = parent;
    mutator.Mutate(mutant);
    large += IsLarge(mutant);
  }
  EXPECT_LT(large, 150);
  EXPECT_GT(large, 10);
}

TEST(ScenarioMutatorTest, MoreClientsThanAnFdSetHoldsConnectNowAndThen) {
  const std::vector<Scenario> mutants = Descendants(20'000, 1);
  const auto crowds = std::count_if(mutants.begin(), mutants.end(), [](const Scenario& mutant) {
    return MostConnected(mutant) >= 770;
  });
  EXPECT_GE(crowds, 2);
  EXPECT_LE(crowds, 200);
}

// But for those that few servers are meant to survive: most mutants with one would be for none.
TEST(ScenarioMutatorTest, EveryActionOccurs) {
  std::vector<int> seen(kActionCount);
  for (const Scenario& mutant : Descendants(3000, 1)) {
    for (const Step& step : mutant.steps) ++seen[static_cast<size_t>(step.action)];
  }
  for (int action = 0; action < kActionCount; ++action) {
    const auto it = static_cast<Action>(action);
    EXPECT_EQ(seen[action] > 0, !IsExpect(it) && it != Action::kLimitMinus) << action;
  }
}

TEST(ScenarioMutatorTest, HttpServersGetWholeRequestsMoreOftenThanOthers) {
  const auto requests = [](Protocol protocol) {
    ScenarioMutator mutator(protocol, 1);
    int count = 0;
    for (int i = 0; i < 1000; ++i) {
      Scenario mutant;
      mutator.Mutate(mutant);
      count += std::any_of(mutant.steps.begin(), mutant.steps.end(), [](const Step& step) {
        return step.action == Action::kRequest || step.text.find("\r\n\r\n") != std::string::npos;
      });
    }
    return count;
  };
  EXPECT_GT(requests(Protocol::kHttp), 2 * requests(Protocol::kEcho));
}

TEST(ScenarioMutatorTest, CrossOverTakesStepsOfBothInOrder) {
  const Scenario first = ParseScenario("a connect\na send 1\na send 2\na send 3\n", "t");
  const Scenario second = ParseScenario("b connect\nb send 4\nb send 5\nb send 6\n", "t");
  ScenarioMutator mutator(Protocol::kEcho, 3);
  for (int i = 0; i < 200; ++i) {
    const Scenario child = mutator.CrossOver(first, second);
    for (const Scenario* parent : {&first, &second}) {
      size_t next = 0;
      size_t taken = 0;
      for (const Step& step : child.steps) {
        const auto found = std::find(parent->steps.begin() + static_cast<ptrdiff_t>(next),
                                     parent->steps.end(), step);
        if (found == parent->steps.end()) continue;
        next = static_cast<size_t>(found - parent->steps.begin()) + 1;
        ++taken;
      }
      EXPECT_GE(taken, 1u);
    }
    EXPECT_LE(child.steps.size(), 8u);
  }
}

TEST(ScenarioMutatorTest, GenerationsDoNotGrowWithoutBounds) {
  ScenarioMutator mutator(Protocol::kEcho, 1);
  Bytes bytes;
  for (int generation = 0; generation < 5000; ++generation) {
    bytes = mutator.MutateBytes(bytes, 256);
    ASSERT_LE(bytes.size(), 256u);
    ASSERT_FALSE(bytes.empty());
  }
}

}  // namespace
}  // namespace hupstorm
