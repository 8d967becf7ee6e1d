#include "scenarios/mutator/mutations.h"

#include <algorithm>

#include "scenarios/language/actions.h"
#include "scenarios/mutator/plausible_step.h"
#include "scenarios/mutator/telling_values.h"

namespace hupstorm {
namespace {

using Steps = std::vector<Step>;

constexpr size_t kLongestRun = 4;  // of steps that are dropped, repeated or moved together

struct Run {
  size_t first;
  size_t count;  // at least 1
};

Run PickRun(const Steps& steps, Random& random) {
  const size_t first = random.Below(steps.size());
  const size_t most = std::min(steps.size() - first, kLongestRun);
  return {first, random.OneIn(2) ? 1 : random.Between(1, most)};
}

// Before any step or behind the last; mostly the latter, so that scenarios grow.
size_t PickPlace(const Steps& steps, Random& random) {
  return random.OneIn(2) ? steps.size() : random.Below(steps.size() + 1);
}

Steps::iterator At(Steps& steps, size_t place) {
  return steps.begin() + static_cast<ptrdiff_t>(place);
}
Steps Copy(Steps& steps, const Run& run) {
  return {At(steps, run.first), At(steps, run.first + run.count)};
}
void Insert(Steps& steps, size_t place, const Steps& added) {
  steps.insert(At(steps, place), added.begin(), added.end());
}
Cast CastAt(const Steps& steps, size_t place) {
  return Cast(std::span<const Step>(steps).first(place));
}

bool InsertStep(Scenario& scenario, Protocol protocol, Random& random) {
  Steps& steps = scenario.steps;
  const size_t place = PickPlace(steps, random);
  const Cast cast = CastAt(steps, place);
  Step step = PlausibleStep(cast, protocol, random);
  if (random.OneIn(6)) {
    step.at = PlausiblePlacement(CastAt(steps, steps.size()), random);
  } else {
    step.together = place != 0 && random.OneIn(4);
  }
  steps.insert(At(steps, place), std::move(step));
  return true;
}

bool InsertLife(Scenario& scenario, Protocol protocol, Random& random) {
  Steps& steps = scenario.steps;
  const size_t place = PickPlace(steps, random);
  Steps life = PlausibleLife(CastAt(steps, place), protocol, random);
  life.front().together = place != 0 && random.OneIn(4);
  if (random.OneIn(3)) {  // among the steps that follow
    size_t next = place;
    for (Step& step : life) {
      steps.insert(At(steps, next), std::move(step));
      next = random.Between(next + 1, steps.size());
    }
    return true;
  }
  Insert(steps, place, life);
  return true;
}

bool Drop(Scenario& scenario, Protocol, Random& random) {
  Steps& steps = scenario.steps;
  if (steps.size() < 2) return false;
  Run run = PickRun(steps, random);
  run.count = std::min(run.count, steps.size() - 1);
  steps.erase(At(steps, run.first), At(steps, run.first + run.count));
  return true;
}

bool Repeat(Scenario& scenario, Protocol, Random& random) {
  Steps& steps = scenario.steps;
  const Run run = PickRun(steps, random);
  const Steps copy = Copy(steps, run);
  for (uint64_t times = random.OneIn(4) ? random.Between(2, 4) : 1; times > 0; --times) {
    Insert(steps, run.first + run.count, copy);
  }
  return true;
}

bool Swap(Scenario& scenario, Protocol, Random& random) {
  Steps& steps = scenario.steps;
  if (steps.size() < 2) return false;
  const size_t first = random.Below(steps.size() - 1);
  const size_t second = random.OneIn(2) ? first + 1 : random.Between(first + 1, steps.size() - 1);
  if (steps[first] == steps[second]) return false;
  std::swap(steps[first], steps[second]);
  return true;
}

bool Move(Scenario& scenario, Protocol, Random& random) {
  Steps steps = scenario.steps;
  if (steps.size() < 2) return false;
  Run run = PickRun(steps, random);
  run.count = std::min(run.count, steps.size() - 1);
  const Steps copy = Copy(steps, run);
  steps.erase(At(steps, run.first), At(steps, run.first + run.count));
  Insert(steps, random.Below(steps.size() + 1), copy);
  if (steps == scenario.steps) return false;
  scenario.steps = std::move(steps);
  return true;
}

// The same as a crowd, or as one client, wherever they act.
bool Crowd(Scenario& scenario, Protocol, Random& random) {
  std::vector<const Step*> acting;
  for (const Step& step : scenario.steps) {
    if (IsClientAction(step.action)) acting.push_back(&step);
  }
  if (acting.empty()) return false;
  const Clients old = random.Pick(acting)->clients;
  Clients wanted = old;
  const uint32_t count = old.first == old.last ? TellingGroup(random) : TellingCrowd(random);
  wanted.last = std::min(wanted.first + count - 1, kMaxClientIndex);
  if (wanted == old) return false;
  for (Step& step : scenario.steps) {
    if (step.clients == old && IsClientAction(step.action)) step.clients = wanted;
  }
  return true;
}

bool Rounds(Scenario& scenario, Protocol, Random& random) {
  const uint32_t wanted = scenario.rounds > 1 && random.OneIn(2) ? 1 : TellingRounds(random);
  if (scenario.rounds == wanted) return false;
  scenario.rounds = wanted;
  return true;
}

// Whether both are of one kind: faults of one outcome, steps inside calls, or the same action.
bool SameKind(const Step& a, const Step& b) {
  if (a.at || b.at) return a.at && b.at;
  if (a.action == Action::kFault && b.action == Action::kFault) {
    return a.fault.outcome == b.fault.outcome;
  }
  return a.action == b.action;
}

// Swarm testing: what is often there hides what shows without it.
bool SwitchOff(Scenario& scenario, Protocol, Random& random) {
  const Step kind = random.Pick(scenario.steps);
  Steps left;
  for (const Step& step : scenario.steps) {
    if (!SameKind(step, kind)) left.push_back(step);
  }
  if (left.empty() || left.size() + 1 == scenario.steps.size()) return false;  // that is `drop`
  scenario.steps = std::move(left);
  return true;
}

// ---- Changes to a single step. Each returns false, and leaves `step` as it was, if it has nothing
// of the kind. `cast` are the clients that are there before the step.

// Into a call of the server, if it is in none.
bool PlaceStep(Step& step, const Cast& cast, Protocol, Random& random) {
  if (step.at) return false;
  step.at = PlausiblePlacement(cast, random);
  step.together = false;
  return true;
}

// Out of it.
bool UnplaceStep(Step& step, const Cast&, Protocol, Random&) {
  if (!step.at) return false;
  step.at.reset();
  return true;
}

// Another call, another occurrence, or another client's.
bool ChangePlacement(Step& step, const Cast& cast, Protocol, Random& random) {
  if (!step.at) return false;
  switch (random.Below(3)) {
    case 0:
      step.at->call = TellingCall(random);
      return true;
    case 1:
      step.at->occurrence = random.OneIn(2) ? std::min(step.at->occurrence + 1, kMaxOccurrence)
                                            : TellingOccurrence(random);
      return true;
    default:
      if (step.at->client && random.OneIn(2)) {
        step.at->client.reset();
      } else {
        step.at->client = cast.PickOne(random);
      }
      return true;
  }
}

// With the step before in one batch, or no longer.
bool JoinStep(Step& step, const Cast&, Protocol, Random&) {
  step.together = !step.together;
  return true;
}

// Other clients do it; a fault befalls others.
bool ChangeWho(Step& step, const Cast& cast, Protocol, Random& random) {
  if (step.action == Action::kFault) {
    step.fault_client = step.fault_client ? std::nullopt : std::optional(cast.PickOne(random));
    return true;
  }
  if (!IsClientAction(step.action)) return false;
  if (random.OneIn(4)) {
    const uint32_t count = TellingCrowd(random);
    step.clients.last = std::min(step.clients.first + count - 1, kMaxClientIndex);
  } else {
    step.clients = step.action == Action::kConnect ? cast.PickNew(random) : cast.Pick(random);
  }
  return true;
}

// A group acts one after another, or no longer.
bool ChangeEach(Step& step, const Cast&, Protocol, Random&) {
  if (!IsClientAction(step.action) || step.clients.first == step.clients.last) return false;
  step.each = !step.each;
  return true;
}

// The same clients do something else.
bool ChangeWhat(Step& step, const Cast& cast, Protocol protocol, Random& random) {
  if (!IsClientAction(step.action)) return false;
  Step other = PlausibleStep(cast, protocol, random);
  if (!IsClientAction(other.action)) return false;
  other.clients = step.clients;
  other.each = step.each;
  other.together = step.together;
  other.at = step.at;
  step = std::move(other);
  return true;
}

bool ChangeHowLong(Step& step, const Cast&, Protocol, Random& random) {
  if (step.action != Action::kWait) return false;
  step.amount = TellingWait(random);
  return true;
}

// Another amount of bytes or descriptors, or another text.
bool ChangeHowMuch(Step& step, const Cast& cast, Protocol protocol, Random& random) {
  if (step.action == Action::kWait || step.action == Action::kFault) return false;
  if (step.action == Action::kSendText && !random.OneIn(3)) {
    step.text = ChangedText(step.text, protocol, random);
    return true;
  }
  if (step.amount > 1 && RowOf(step.action).operand != Operand::kDescriptors && random.OneIn(4)) {
    // Around what it is: one more, one less, double, half.
    const uint64_t others[] = {step.amount + 1, step.amount - 1, step.amount * 2, step.amount / 2};
    step.amount = std::min(random.Pick(others), kMaxSend);
    return true;
  }
  const Step before = step;
  ChooseOperands(step, cast, protocol, random);
  return !(step == before);
}

// Another call, outcome or number of calls, of those that Linux may produce.
bool ChangeFault(Step& step, const Cast& cast, Protocol protocol, Random& random) {
  if (step.action != Action::kFault) return false;
  if (random.OneIn(2)) {
    ChooseOperands(step, cast, protocol, random);
  } else {
    TellingTimes(step.fault, random);
  }
  return true;
}

// One of these, tried on a few steps until it does something.
template <bool (*change)(Step&, const Cast&, Protocol, Random&)>
bool One(Scenario& scenario, Protocol protocol, Random& random) {
  for (int tries = 0; tries < 4; ++tries) {
    const size_t place = random.Below(scenario.steps.size());
    Step step = scenario.steps[place];
    const Cast cast = CastAt(scenario.steps, place);
    if (!change(step, cast, protocol, random) || step == scenario.steps[place]) continue;
    scenario.steps[place] = std::move(step);
    return true;
  }
  return false;
}

constexpr Mutation kMutations[] = {
    {"insert-step", 20, InsertStep},
    {"insert-life", 14, InsertLife},
    {"drop", 10, Drop},
    {"repeat", 6, Repeat},
    {"swap", 4, Swap},
    {"move", 4, Move},
    {"place", 6, One<PlaceStep>},
    {"unplace", 2, One<UnplaceStep>},
    {"change-placement", 4, One<ChangePlacement>},
    {"join", 4, One<JoinStep>},
    {"change-who", 4, One<ChangeWho>},
    {"crowd", 5, Crowd},
    {"each", 1, One<ChangeEach>},
    {"change-what", 4, One<ChangeWhat>},
    {"change-how-long", 2, One<ChangeHowLong>},
    {"change-how-much", 7, One<ChangeHowMuch>},
    {"change-fault", 4, One<ChangeFault>},
    {"rounds", 2, Rounds},
    {"switch-off", 3, SwitchOff},
};

}  // namespace

std::span<const Mutation> Mutations() { return kMutations; }

void TidyScenario(Scenario& scenario) {
  std::erase_if(scenario.steps, [](const Step& step) { return IsExpect(step.action); });
  size_t text = 0;
  size_t count = 0;
  for (const Step& step : scenario.steps) {
    text += step.text.size();
    // The decoder ends where the text does.
    if (text >= kMaxAllText || count == kMaxSteps) break;
    ++count;
  }
  scenario.steps.resize(count);
  if (scenario.steps.empty()) scenario.steps.emplace_back();
  scenario.steps.front().together = false;
}

}  // namespace hupstorm
