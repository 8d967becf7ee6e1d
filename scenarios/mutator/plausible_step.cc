#include "scenarios/mutator/plausible_step.h"

#include <algorithm>
#include <utility>

#include "scenarios/mutator/telling_values.h"

namespace hupstorm {
namespace {

struct ActionShare {
  Action action;
  int weight;
};

constexpr ActionShare kServerActions[] = {
    {Action::kFault, 20},
    {Action::kServerBufferSend, 6},
    {Action::kWait, 6},
    {Action::kServerBufferReceive, 2},
    {Action::kLimitDescriptors, 6},
    {Action::kServerInterrupt, 3},
    {Action::kLimitNone, 1},
    {Action::kFaultNone, 1},
    {Action::kServerStop, 1},
    {Action::kServerRestart, 1},
};
constexpr ActionShare kClientActions[] = {
    {Action::kSend, 20},    {Action::kReadAll, 8}, {Action::kShutdownWrite, 12},
    {Action::kClose, 10},   {Action::kReset, 12},  {Action::kSendUrgent, 6},
    {Action::kSendText, 6}, {Action::kRequest, 1}, {Action::kRead, 4},
    {Action::kReadNone, 1}, {Action::kVanish, 2},  {Action::kRequestFirst, 1},
};
constexpr ActionShare kHttpActions[] = {
    {Action::kSend, 12},     {Action::kReadAll, 6},  {Action::kShutdownWrite, 10},
    {Action::kClose, 10},    {Action::kReset, 12},   {Action::kSendUrgent, 2},
    {Action::kSendText, 16}, {Action::kRequest, 16}, {Action::kRead, 4},
    {Action::kReadNone, 1},  {Action::kVanish, 2},   {Action::kRequestFirst, 4},
};
constexpr ActionShare kTalk[] = {
    {Action::kSend, 12}, {Action::kSendText, 3}, {Action::kSendUrgent, 2}, {Action::kRequest, 1}};
constexpr ActionShare kHttpTalk[] = {
    {Action::kSend, 3}, {Action::kSendText, 6}, {Action::kSendUrgent, 1}, {Action::kRequest, 8}};
constexpr ActionShare kEnds[] = {
    {Action::kShutdownWrite, 6}, {Action::kClose, 5}, {Action::kReset, 6}, {Action::kVanish, 1}};

Clients Crowd(char letter, uint32_t count) {
  return {.letter = letter, .first = 0, .last = count - 1};
}

bool Ends(Action action) {
  return action == Action::kClose || action == Action::kReset || action == Action::kVanish;
}

bool Covers(const Clients& all, const Clients& some) {
  return all.letter == some.letter && all.first <= some.first && some.last <= all.last;
}

Clients SomeOf(const Clients& all, Random& random) {
  Clients some = all;
  some.first = static_cast<uint32_t>(random.Between(all.first, all.last));
  some.last =
      random.OneIn(2) ? some.first : static_cast<uint32_t>(random.Between(some.first, all.last));
  return some;
}

// Of an action that needs no client, `clients` is left as it is.
Step MakeStep(Action action, const Clients& clients, const Cast& cast, Protocol protocol,
              Random& random) {
  Step step;
  step.action = action;
  step.clients = clients;
  step.each = clients.first != clients.last && random.OneIn(6);
  ChooseOperands(step, cast, protocol, random);
  return step;
}

class Life {
 public:
  Life(const Cast& cast, Protocol protocol, Random& random)
      : cast_(cast), protocol_(protocol), random_(random), who_(cast.PickNew(random)) {}

  void Usual() {
    Add(Action::kConnect);
    for (uint64_t talks = random_.Below(3); talks > 0; --talks) Talk();
    if (random_.OneIn(4)) Add(random_.OneIn(3) ? Action::kRead : Action::kReadAll);
    if (steps_.size() < 2 || !random_.OneIn(3)) End();
    if (random_.OneIn(4)) End();
    if (random_.OneIn(4)) PlaceEnd();
  }

  // Next to nothing fits between it and the server, it says much or is answered often, and does not
  // read. Sometimes another client comes and wants something.
  void Slow() {
    steps_.push_back(MakeStep(Action::kServerBufferSend, {}, cast_, protocol_, random_));
    if (random_.OneIn(3)) {
      steps_.push_back(MakeStep(Action::kFault, {}, cast_, protocol_, random_));
    }
    Add(Action::kBuffer);
    Add(Action::kConnect);
    Talk();
    if (steps_.back().action == Action::kSend && random_.OneIn(2)) steps_.back().amount = kMuch;
    if (random_.OneIn(3)) End();
    if (random_.OneIn(2)) return;
    who_.letter = who_.letter == 'b' ? 'c' : 'b';
    Add(Action::kConnect);
    Talk();
  }

  std::vector<Step> Take() { return std::move(steps_); }

 private:
  static constexpr uint64_t kMuch = 256 << 10;

  void Add(Action action) {
    steps_.push_back(MakeStep(action, who_, cast_, protocol_, random_));
    steps_.back().together = steps_.size() > 1 && random_.OneIn(4);
  }
  void Talk() {
    Add(protocol_ == Protocol::kHttp ? random_.PickRow(kHttpTalk).action
                                     : random_.PickRow(kTalk).action);
  }
  void End() { Add(random_.PickRow(kEnds).action); }

  // Its end falls into a call that follows from what it says, so it is set before that.
  void PlaceEnd() {
    Step& end = steps_.back();
    end.together = false;
    end.at = PlausiblePlacement(Cast(steps_), random_);
    const auto place = static_cast<ptrdiff_t>(random_.Below(steps_.size()));
    std::rotate(steps_.begin() + place, steps_.end() - 1, steps_.end());
    steps_.front().together = false;
  }

  const Cast& cast_;
  Protocol protocol_;
  Random& random_;
  Clients who_;
  std::vector<Step> steps_;
};

}  // namespace

Cast::Cast(std::span<const Step> before) {
  for (const Step& step : before) {
    if (step.action == Action::kConnect) present_.push_back(step.clients);
    if (Ends(step.action) && !step.at) {
      std::erase_if(present_, [&](const Clients& who) { return Covers(step.clients, who); });
    }
  }
}

Clients Cast::Pick(Random& random) const {
  if (present_.empty() || random.OneIn(16)) {
    return Crowd(static_cast<char>('a' + random.Below(3)), TellingCrowd(random));
  }
  const Clients& all = random.Pick(present_);
  return all.first != all.last && random.OneIn(4) ? SomeOf(all, random) : all;
}

Clients Cast::PickNew(Random& random) const {
  const char wanted = static_cast<char>('a' + random.Below(3));
  if (random.OneIn(8)) return Crowd(wanted, TellingCrowd(random));
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    const bool taken = std::any_of(present_.begin(), present_.end(),
                                   [&](const Clients& who) { return who.letter == letter; });
    if (!taken) return Crowd(letter, TellingCrowd(random));
  }
  return Crowd(wanted, TellingCrowd(random));
}

Clients Cast::PickOne(Random& random) const {
  Clients one = Pick(random);
  one.first = one.last = static_cast<uint32_t>(random.Between(one.first, one.last));
  return one;
}

void ChooseOperands(Step& step, const Cast& cast, Protocol protocol, Random& random) {
  switch (step.action) {
    case Action::kSend:
    case Action::kRequestFirst:
    case Action::kRead:
      step.amount = TellingSize(random);
      return;
    case Action::kRequest:
      step.amount = random.OneIn(2) ? 0 : TellingSize(random);
      return;
    case Action::kSendText:
      step.text = TellingText(protocol, random);
      return;
    case Action::kBuffer:
    case Action::kServerBufferSend:
    case Action::kServerBufferReceive:
      step.amount = TellingBuffer(random);
      return;
    case Action::kWait:
      step.amount = TellingWait(random);
      return;
    case Action::kLimitDescriptors:
      step.amount = TellingLimit(random);
      return;
    case Action::kFault:
      step.fault = TellingFault(random);
      step.fault_client.reset();
      if (random.OneIn(4)) step.fault_client = cast.PickOne(random);
      return;
    default:
      return;
  }
}

Step PlausibleStep(const Cast& cast, Protocol protocol, Random& random) {
  if (random.OneIn(4)) {
    return MakeStep(random.PickRow(kServerActions).action, {}, cast, protocol, random);
  }
  if (cast.IsEmpty() ? !random.OneIn(8) : random.OneIn(8)) {
    const Action action = random.OneIn(16) ? Action::kBuffer : Action::kConnect;
    return MakeStep(action, cast.PickNew(random), cast, protocol, random);
  }
  const Action action = protocol == Protocol::kHttp ? random.PickRow(kHttpActions).action
                                                    : random.PickRow(kClientActions).action;
  return MakeStep(action, cast.Pick(random), cast, protocol, random);
}

std::vector<Step> PlausibleLife(const Cast& cast, Protocol protocol, Random& random) {
  Life life(cast, protocol, random);
  if (random.OneIn(8)) {
    life.Slow();
  } else {
    life.Usual();
  }
  return life.Take();
}

Placement PlausiblePlacement(const Cast& cast, Random& random) {
  Placement at;
  at.call = TellingCall(random);
  at.occurrence = TellingOccurrence(random);
  if (!cast.IsEmpty() && !random.OneIn(2)) at.client = cast.PickOne(random);
  return at;
}

}  // namespace hupstorm
