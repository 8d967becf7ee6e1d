// Values that tell more than others of their kind: sizes around what one read takes, crowds around
// what a table holds, texts that end a request or cut a character in two.

#ifndef HUPSTORM_SCENARIOS_MUTATOR_TELLING_VALUES_H_
#define HUPSTORM_SCENARIOS_MUTATOR_TELLING_VALUES_H_

#include <cstdint>
#include <string>

#include "base/random.h"
#include "kernel/faults/fault_rule.h"
#include "scenarios/language/scenario.h"
#include "target/target.h"

namespace hupstorm {

// Bytes of one step, 1 to 256 KiB; usually few.
uint64_t TellingSize(Random& random);
// Bytes of a buffer; usually as small as Linux makes it.
uint64_t TellingBuffer(Random& random);
// Clients that do one step together, 1 to 800; usually one.
uint32_t TellingCrowd(Random& random);
// The same, but never one.
uint32_t TellingGroup(Random& random);
// Nanoseconds; usually within a few of the server's timers.
uint64_t TellingWait(Random& random);
// "limit descriptors".
uint64_t TellingLimit(Random& random);
// Rounds, 2 at least: growth shows from the third on.
uint32_t TellingRounds(Random& random);

// What a client of such a server may say by itself, whole or not, 1 byte at least.
std::string TellingText(Protocol protocol, Random& random);
// `text` with a byte more, less or changed, cut, or joined to another; 1 byte at least.
std::string ChangedText(const std::string& text, Protocol protocol, Random& random);

// A rule that Linux may carry out, for any client.
FaultRule TellingFault(Random& random);
// How many calls `rule` harms, and how many pass before.
void TellingTimes(FaultRule& rule, Random& random);

// A call that steps can be placed in.
CallFamily TellingCall(Random& random);
// 1 at least; usually 1.
uint32_t TellingOccurrence(Random& random);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_MUTATOR_TELLING_VALUES_H_
