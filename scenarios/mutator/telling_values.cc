#include "scenarios/mutator/telling_values.h"

#include <algorithm>
#include <string_view>

namespace hupstorm {
namespace {

constexpr uint64_t kKiB = 1024;
constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kSecond = 1'000 * kMs;

template <typename T>
struct Value {
  T value;
  int weight;
};

constexpr Value<uint64_t> kByteCounts[] = {
    {1, 8},         {2, 2},          {100, 4},        {kKiB - 1, 2},     {kKiB, 3},
    {kKiB + 1, 3},  {2 * kKiB, 3},   {4 * kKiB, 4},   {4 * kKiB + 1, 1}, {16 * kKiB, 2},
    {64 * kKiB, 3}, {128 * kKiB, 2}, {256 * kKiB, 2},
};
constexpr Value<uint64_t> kBuffers[] = {
    {1, 8}, {kKiB, 2}, {4 * kKiB, 3}, {16 * kKiB, 1}, {64 * kKiB, 1}};
// 24 and 32: enough to tell what is kept for each client from chance. 800: more descriptors than an
// fd_set holds.
constexpr Value<uint32_t> kCrowds[] = {{1, 1200}, {2, 160}, {3, 80}, {8, 60},
                                       {24, 60},  {32, 40}, {800, 4}};
constexpr Value<uint32_t> kGroups[] = {{2, 120}, {3, 60}, {8, 60}, {24, 100}, {32, 60}, {800, 10}};
constexpr Value<uint64_t> kWaits[] = {{kMs, 2},          {100 * kMs, 2},    {kSecond, 4},
                                      {5 * kSecond, 3},  {31 * kSecond, 4}, {75 * kSecond, 1},
                                      {600 * kSecond, 1}};
constexpr Value<uint64_t> kLimits[] = {{0, 3}, {1, 3}, {2, 3}, {3, 2}, {5, 1}, {8, 1}, {20, 1}};
constexpr Value<uint32_t> kRounds[] = {{2, 2}, {3, 6}, {4, 4}, {8, 1}};
constexpr Value<uint32_t> kAfters[] = {{0, 12}, {1, 4}, {2, 2}, {3, 1}, {8, 1}};
constexpr Value<uint32_t> kTimes[] = {{1, 6}, {2, 2}, {3, 2}, {8, 1}, {kAlways, 5}};
constexpr Value<uint32_t> kOccurrences[] = {{1, 12}, {2, 5}, {3, 2}, {4, 1}, {8, 1}};
constexpr Value<CallFamily> kCalls[] = {
    {CallFamily::kAny, 2},      {CallFamily::kAccept, 3},     {CallFamily::kRecv, 8},
    {CallFamily::kSend, 7},     {CallFamily::kWait, 3},       {CallFamily::kClose, 3},
    {CallFamily::kShutdown, 3}, {CallFamily::kPeerName, 3},   {CallFamily::kEpollCtl, 2},
    {CallFamily::kFcntl, 1},    {CallFamily::kSetsockopt, 1},
};

// Of use to any server: whole and broken lines, bytes that are no text, a character of three bytes
// whole and in parts.
constexpr std::string_view kTexts[] = {
    "?", "hello", "\r\n", "\n\n", "\r\n\r\n", "\xff", "\xe6\x88\x91", "\xe6\x88", "\x91", "\xc3",
};
constexpr std::string_view kHttpTexts[] = {
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.0\n\n",
    "GET / HTTP/1.0\r\n",
    "GET / HTTP/1.0\r\nA: ",
    "GET /\xff HTTP/1.0\r\n\r\n",
    "POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello",
    "\r\n\r\n",
    "\n\r\n",
};

}  // namespace

uint64_t TellingSize(Random& random) {
  // Any size, small ones likelier.
  if (random.OneIn(6)) return random.Between(1, uint64_t{1} << random.Between(1, 13));
  return random.PickRow(kByteCounts).value;
}
uint64_t TellingBuffer(Random& random) { return random.PickRow(kBuffers).value; }
uint32_t TellingCrowd(Random& random) { return random.PickRow(kCrowds).value; }
uint32_t TellingGroup(Random& random) { return random.PickRow(kGroups).value; }
uint64_t TellingWait(Random& random) { return random.PickRow(kWaits).value; }
uint64_t TellingLimit(Random& random) { return random.PickRow(kLimits).value; }
uint32_t TellingRounds(Random& random) { return random.PickRow(kRounds).value; }

std::string TellingText(Protocol protocol, Random& random) {
  const bool http = protocol == Protocol::kHttp && !random.OneIn(4);
  std::string text(http ? random.Pick(kHttpTexts) : random.Pick(kTexts));
  return random.OneIn(4) ? ChangedText(text, protocol, random) : text;
}

std::string ChangedText(const std::string& text, Protocol protocol, Random& random) {
  std::string changed = text;
  const size_t place = random.Below(text.size());
  switch (random.Below(5)) {
    case 0:
      changed.resize(place);
      break;
    case 1:
      changed.erase(0, place);
      break;
    case 2:
      changed[place] = static_cast<char>(random.Below(256));
      break;
    case 3:
      changed.insert(place, 1, static_cast<char>(random.Below(256)));
      break;
    default:
      changed += TellingText(protocol, random);
      break;
  }
  if (changed.empty()) changed = "\n";
  changed.resize(std::min(changed.size(), kMaxText));
  return changed;
}

FaultRule TellingFault(Random& random) {
  FaultRule rule;
  if (random.OneIn(4)) {  // the most frequent of all in practice
    rule.call = random.OneIn(2) ? CallFamily::kRecv : CallFamily::kSend;
    rule.outcome = FaultOutcome::kShort;
  } else {
    // Not the one that is for hardened servers: most random scenarios would be for none.
    do {
      const LegalFault& legal = random.Pick(LegalFaults());
      rule.call = legal.call;
      rule.outcome = legal.outcome;
    } while (rule.call == CallFamily::kWait && rule.outcome == FaultOutcome::kEnomem);
  }
  if (rule.outcome == FaultOutcome::kShort) {
    rule.amount = random.OneIn(2) ? 1 : static_cast<uint32_t>(random.Between(1, 2 * kKiB));
  }
  TellingTimes(rule, random);
  return rule;
}

void TellingTimes(FaultRule& rule, Random& random) {
  rule.times = random.PickRow(kTimes).value;
  rule.after = random.PickRow(kAfters).value;
}

CallFamily TellingCall(Random& random) { return random.PickRow(kCalls).value; }
uint32_t TellingOccurrence(Random& random) { return random.PickRow(kOccurrences).value; }

}  // namespace hupstorm
