#include "conform/generator.h"

#include <sys/socket.h>

#include <array>

#include "conform/builder.h"

namespace hupstorm::conform {
namespace {

struct Action {
  void (*add)(Builder&);
  int weight;
  bool fills = false;   // belongs to programs with full buffers
  bool strict = false;  // does not go with full buffers
};

constexpr std::array kActions = {
    Action{actions::Connect, 6},
    Action{actions::Accept, 12},
    Action{actions::HalfClose, 6},
    Action{actions::Close, 5},
    Action{actions::Reset, 4},
    Action{actions::Copy, 3, false, true},
    Action{actions::ListenerTrouble, 2},
    Action{actions::Send, 22},
    Action{actions::Receive, 22},
    Action{actions::SendUrgent, 7, false, true},
    Action{actions::ReceiveUrgent, 7, false, true},
    Action{actions::Fill, 12, true},
    Action{actions::Drain, 16, true},
    Action{actions::Wakeup, 7},
    Action{actions::Watch, 10},
    Action{actions::Rewatch, 6},
    Action{actions::Wait, 18},
    Action{actions::PollOrSelect, 5},
    Action{actions::SetOption, 4, false, true},
    Action{actions::GetOption, 5},
    Action{actions::Inspect, 6},
    Action{actions::Misuse, 2, false, true},
};

// What a program multiplies the weight of an action by: some it leaves out.
constexpr int kEmphasis[] = {0, 1, 1, 2, 4};
constexpr int kFillingPercent = 2;
constexpr int kUnsentPercent = 10;
constexpr int kCrowdedPercent = 15;  // programs whose accept queues get full

// Small buffers, so that they get full, on a listener whose connections inherit them.
void ShrinkBuffers(Builder& builder) {
  for (const int name : {SO_SNDBUF, SO_RCVBUF}) {
    if (builder.random().Chance(30)) continue;
    builder.Add({.code = Code::kSetOption,
                 .slot = 0,
                 .flags = OptionIndex(SOL_SOCKET, name),
                 .value = builder.random().Between(8, 32) * 1024});
  }
}

Program Build(Builder builder) {
  Random& random = builder.random();
  const bool fills = random.Chance(kFillingPercent);
  builder.program().fills_buffers = fills;
  builder.asks_unsent = random.Chance(kUnsentPercent);
  builder.roomy = !random.Chance(kCrowdedPercent);
  std::array<int, kActions.size()> weights;
  int total = 0;
  for (size_t i = 0; i < kActions.size(); ++i) {
    const bool out = fills ? kActions[i].strict : kActions[i].fills;
    weights[i] = out ? 0 : kActions[i].weight * random.OneOf(kEmphasis);
    total += weights[i];
  }
  actions::Listen(builder);
  if (fills) ShrinkBuffers(builder);
  for (int clients = random.Between(1, 3); clients > 0; --clients) {
    actions::Connect(builder);
    if (random.Chance(85)) actions::Accept(builder);
  }
  if (random.Chance(60)) {
    for (int watched = random.Between(1, 3); watched > 0; --watched) actions::Watch(builder);
  }
  const int length = random.Chance(80) ? random.Between(5, 30) : random.Between(30, 90);
  for (int i = 0; i < length && total > 0 && !random.IsSpent(); ++i) {
    int drawn = random.Below(total);
    size_t action = 0;
    while (drawn >= weights[action]) drawn -= weights[action++];
    kActions[action].add(builder);
  }
  return builder.program();
}

}  // namespace

Program Generate(uint64_t seed, uint64_t index) {
  Program program = Build(Builder(Random(seed * 0x2545f4914f6cdd1d + index * 0x9e3779b97f4a7c15)));
  program.seed = seed;
  program.index = index;
  return program;
}

Program Generate(std::span<const uint8_t> bytes) { return Build(Builder(Random(bytes))); }

}  // namespace hupstorm::conform
