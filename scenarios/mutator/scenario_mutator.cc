#include "scenarios/mutator/scenario_mutator.h"

#include <algorithm>

#include "scenarios/language/bytes.h"
#include "scenarios/mutator/cut_down.h"
#include "scenarios/mutator/mutations.h"
#include "scenarios/mutator/work_limit.h"

namespace hupstorm {
namespace {

constexpr size_t kFewSteps = 3;  // nothing much can come of so few
constexpr int kTries = 8;        // for a mutation that has something to change
// Of the mutants that become large, one in 4 stays so; of those whose parents were, one in 32.
constexpr uint64_t kNewlyLarge = 4;
constexpr uint64_t kStillLarge = 32;
// What the others are cut down to: the smaller, the more of them in a second.
constexpr uint64_t kWorkLimits[] = {kUsualCalls / 4, kUsualCalls / 2, kUsualCalls};

using Steps = std::vector<Step>;

void Append(Steps& to, const Steps& from, size_t first, size_t end) {
  to.insert(to.end(), from.begin() + static_cast<ptrdiff_t>(first),
            from.begin() + static_cast<ptrdiff_t>(end));
}

}  // namespace

void ScenarioMutator::Mutate(Scenario& scenario) {
  TidyScenario(scenario);
  const bool was_large = EstimateCalls(scenario) > kUsualCalls;
  uint64_t changes = 1;
  while (changes < 4 && random_.OneIn(2)) ++changes;
  if (scenario.steps.size() < kFewSteps) changes += random_.Below(3);
  for (; changes > 0; --changes) {
    for (int tries = 0; tries < kTries; ++tries) {
      if (random_.PickRow(Mutations()).apply(scenario, protocol_, random_)) break;
    }
  }
  Finish(scenario, was_large ? kStillLarge : kNewlyLarge);
}

Scenario ScenarioMutator::CrossOver(const Scenario& first, const Scenario& second) {
  Scenario child;
  child.rounds = random_.OneIn(2) ? first.rounds : second.rounds;
  child.schedule = first.schedule;
  const size_t cut = random_.Between(1, first.steps.size());
  const size_t from = random_.Below(second.steps.size());
  const size_t to =
      random_.OneIn(2) ? second.steps.size() : random_.Between(from + 1, second.steps.size());
  Append(child.steps, first.steps, 0, cut);
  Append(child.steps, second.steps, from, to);
  if (random_.OneIn(2)) Append(child.steps, first.steps, cut, first.steps.size());
  Finish(child, kStillLarge);
  return child;
}

// Whatever was done, these hold in the end. One large scenario in `large_in` stays large.
void ScenarioMutator::Finish(Scenario& scenario, uint64_t large_in) {
  TidyScenario(scenario);
  scenario.protocol = protocol_;
  CutDown(scenario, random_.OneIn(large_in) ? kMostCalls : random_.Pick(kWorkLimits), random_);
  TidyScenario(scenario);
}

std::vector<uint8_t> ScenarioMutator::MutateBytes(std::span<const uint8_t> bytes, size_t max_size) {
  Scenario scenario = DecodeScenario(bytes);
  Mutate(scenario);
  return Encode(scenario, max_size);
}

std::vector<uint8_t> ScenarioMutator::CrossOverBytes(std::span<const uint8_t> first,
                                                     std::span<const uint8_t> second,
                                                     size_t max_size) {
  Scenario child = CrossOver(DecodeScenario(first), DecodeScenario(second));
  return Encode(child, max_size);
}

std::vector<uint8_t> ScenarioMutator::Encode(Scenario& scenario, size_t max_size) {
  Steps& steps = scenario.steps;
  std::vector<uint8_t> bytes = EncodeScenario(scenario);
  while (bytes.size() > max_size) {
    const size_t surplus = bytes.size() - max_size;
    if (steps.size() == 1) {
      std::string& text = steps.front().text;
      if (text.size() <= surplus) return {};
      text.resize(text.size() - surplus);
    } else {
      // As many as are too much by their average size, one at least.
      const size_t drops = std::min(steps.size() * surplus / bytes.size() + 1, steps.size() - 1);
      for (size_t i = 0; i < drops; ++i) {
        steps.erase(steps.begin() + static_cast<ptrdiff_t>(random_.Below(steps.size())));
      }
    }
    TidyScenario(scenario);
    bytes = EncodeScenario(scenario);
  }
  return bytes;
}

}  // namespace hupstorm
