// The byte form of scenarios, as tables: what each first byte means, and the amounts that fit in
// one byte. decode.cc and encode.cc read the same tables in opposite directions.
//
// A scenario is a sequence of items, each an opcode and its operands. An item is a step, or a
// prefix that changes the next step (where it happens, which clients do it), or a header. The
// opcodes are shared out so that random bytes give a busy scenario: half of them are the actions of
// a single client among the first four, and connecting, sending and ending are the likeliest of
// those. What is rare in practice (other letters, odd sizes, large numbers) has an exact form
// behind an escape. Changing a table changes the meaning of every corpus.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_OPCODES_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_OPCODES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "scenarios/language/scenario.h"

namespace hupstorm::opcodes {

enum class Item : uint8_t {
  kClientStep,      // [amount | text]                `action` by `letter`
  kServerStep,      // [amount | duration | count]    `action`, of those that need no client
  kFault,           // pair, shape, [exact], [size]   call and outcome, how often, how short
  kPrefixAt,        // shape, [exact]                 in which `call` the next step happens
  kPrefixGroup,     // shape                          a small group does the next step
  kPrefixClients,   // letter, first, count           any clients do the next step
  kPrefixEach,      //                                the next step is done one after another
  kPrefixTogether,  //                                the next step joins the one before
  kTarget,          // protocol; or kEscape, which no encoder wrote before, and a schedule
  kRounds,          // rounds
};

struct Opcode {
  Item item = Item::kClientStep;
  Action action = Action::kConnect;
  char letter = 'a';
  bool together = false;
  CallFamily call = CallFamily::kAny;
};

// Opcodes 0 to 63, and 64 to 127 with `together`: an action and the client that does it, an opcode
// a letter. Repeated letters are as many opcodes of one meaning: random bytes should connect
// clients first.
struct ClientShare {
  Action action;
  std::string_view letters;
};
inline constexpr ClientShare kClientShares[] = {
    {Action::kConnect, "aaaaaabbbbbbcccc"},
    {Action::kRequestFirst, "a"},
    {Action::kSend, "aaabbbcc"},
    {Action::kReadAll, "aabbc"},
    {Action::kShutdownWrite, "aabbc"},
    {Action::kClose, "aabc"},
    {Action::kReset, "aabc"},
    {Action::kSendUrgent, "abc"},
    {Action::kRead, "abc"},
    {Action::kReadNone, "abc"},
    {Action::kSendText, "abc"},
    {Action::kRequest, "abc"},
    {Action::kBuffer, "abc"},
    {Action::kVanish, "abc"},
};
// Later ones need kPrefixClients.
inline constexpr char LastShortLetter(Action action) {
  return action == Action::kRequestFirst ? 'a' : 'c';
}

// Opcodes from 128 up, `weight` of them each, in this order.
struct Share {
  int weight;
  Item item;
  Action action = Action::kConnect;
  CallFamily call = CallFamily::kAny;
};
inline constexpr Share kShares[] = {
    {6, Item::kPrefixAt, Action::kConnect, CallFamily::kRecv},
    {5, Item::kPrefixAt, Action::kConnect, CallFamily::kSend},
    {3, Item::kPrefixAt, Action::kConnect, CallFamily::kWait},
    {3, Item::kPrefixAt, Action::kConnect, CallFamily::kAccept},
    {2, Item::kPrefixAt, Action::kConnect, CallFamily::kClose},
    {1, Item::kPrefixAt, Action::kConnect, CallFamily::kShutdown},
    {1, Item::kPrefixAt, Action::kConnect, CallFamily::kPeerName},
    {1, Item::kPrefixAt, Action::kConnect, CallFamily::kEpollCtl},
    {1, Item::kPrefixAt, Action::kConnect, CallFamily::kFcntl},
    {1, Item::kPrefixAt, Action::kConnect, CallFamily::kSetsockopt},
    {1, Item::kPrefixAt, Action::kConnect, CallFamily::kAny},
    {23, Item::kFault, Action::kFault},
    {18, Item::kPrefixGroup},
    {2, Item::kPrefixClients},
    {6, Item::kPrefixEach},
    {4, Item::kPrefixTogether},
    {12, Item::kServerStep, Action::kWait},
    {8, Item::kServerStep, Action::kServerBufferSend},
    {4, Item::kServerStep, Action::kServerBufferReceive},
    {5, Item::kServerStep, Action::kLimitDescriptors},
    {1, Item::kServerStep, Action::kLimitMinus},
    {4, Item::kServerStep, Action::kLimitNone},
    {6, Item::kServerStep, Action::kServerInterrupt},
    {4, Item::kServerStep, Action::kFaultNone},
    {1, Item::kServerStep, Action::kServerStop},
    {1, Item::kServerStep, Action::kServerRestart},
    {2, Item::kTarget},
    {2, Item::kRounds},
};

inline constexpr std::array<Opcode, 256> kOpcodes = [] {
  std::array<Opcode, 256> table{};
  size_t next = 0;
  for (const bool together : {false, true}) {
    for (const ClientShare& share : kClientShares) {
      for (const char letter : share.letters) {
        table.at(next++) = {Item::kClientStep, share.action, letter, together, CallFamily::kAny};
      }
    }
  }
  if (next != 128) throw "the clients' shares do not fill their half of the table";
  for (const Share& share : kShares) {
    for (int i = 0; i < share.weight; ++i) {
      table.at(next++) = {share.item, share.action, 'a', false, share.call};
    }
  }
  if (next != 256) throw "the shares do not fill the table";
  return table;
}();

// ---- Amounts of bytes: 0 to 127 are sizes on a log scale (1 to 16 by one, then eight to each
// doubling, up to 256 KiB). 128 to 254 are the smaller half of them once more: what is large costs
// time in proportion, and small buffers show with few bytes what large ones show with many. kEscape
// is followed by the exact amount.
inline constexpr uint8_t kEscape = 255;
inline constexpr std::array<uint32_t, 128> kSizes = [] {
  std::array<uint32_t, 128> sizes{};
  for (uint32_t i = 0; i < 128; ++i) {
    sizes[i] = i < 8 ? i + 1 : (9 + i % 8) << (i / 8 - 1);
  }
  return sizes;
}();
inline constexpr size_t SizeIndex(uint8_t byte) {
  return byte < kSizes.size() ? byte : (byte - kSizes.size()) / 2;
}

// ---- Durations, by the times that event loops and TCP care for: nanoseconds, modulo the size of
// the table; kEscape is followed by the exact one.
inline constexpr std::array<uint64_t, 32> kDurations = [] {
  constexpr uint64_t kMs = 1'000'000;
  constexpr uint64_t kSecond = 1'000 * kMs;
  constexpr uint64_t kMinute = 60 * kSecond;
  return std::array<uint64_t, 32>{kMs,           10 * kMs,      100 * kMs,      kSecond,
                                  10 * kSecond,  kMinute,       10 * kMinute,   60 * kMinute,
                                  2 * kMs,       5 * kMs,       20 * kMs,       50 * kMs,
                                  200 * kMs,     500 * kMs,     2 * kSecond,    3 * kSecond,
                                  5 * kSecond,   15 * kSecond,  20 * kSecond,   30 * kSecond,
                                  45 * kSecond,  90 * kSecond,  2 * kMinute,    5 * kMinute,
                                  15 * kMinute,  16 * kMinute,  20 * kMinute,   30 * kMinute,
                                  120 * kMinute, 720 * kMinute, 1440 * kMinute, 1'000};
}();

// ---- Counts (descriptors, rounds), lengths of texts: one byte modulo the most that it should say,
// or kEscape and the exact number.
inline constexpr uint32_t kSmallDescriptors = 16;  // 0 to 15
inline constexpr uint32_t kSmallRounds = 8;        // 1 to 8
inline constexpr uint32_t kSmallText = 15;         // 1 to 15, which std::string holds without heap

// ---- Shapes: small operands packed into the low seven bits of a byte.
//   at:     0-1 letter a to d, 2 any client, 3-6 occurrence from 1
//   fault:  0-1 letter a to d, 2 any client, 3-4 times (kFaultTimes), 5-6 after
//   group:  0-2 clients from 1, 3-5 number of the first, 6 each
// For `at` and `fault`, kEscape is followed by exact numbers.
inline constexpr int kShapeLetters = 4;
inline constexpr uint8_t kShapeAnyClient = 1 << 2;
inline constexpr uint8_t kShapeEach = 1 << 6;
inline constexpr uint32_t kShapeOccurrences = 16;
inline constexpr uint32_t kShapeAfters = 4;
inline constexpr uint32_t kShapeGroup = 8;
inline constexpr std::array<uint32_t, 4> kFaultTimes = {1, 2, 3, kAlways};

// ---- What a fault's pair byte says: call and outcome. Pairs that Linux cannot produce stand for
// legal ones.
struct FaultPair {
  CallFamily call = CallFamily::kAny;
  FaultOutcome outcome = FaultOutcome::kShort;
};
inline constexpr int kNameableCalls = static_cast<int>(CallFamily::kOther);
inline constexpr uint8_t PairByte(FaultPair pair) {
  return static_cast<uint8_t>(static_cast<int>(pair.outcome) * kNameableCalls +
                              static_cast<int>(pair.call));
}
static_assert(kFaultOutcomeCount * kNameableCalls <= 256);

}  // namespace hupstorm::opcodes

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_OPCODES_H_
