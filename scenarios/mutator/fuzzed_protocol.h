// What the fuzzed server speaks, for a mutator that is linked to a libFuzzer target.

#ifndef HUPSTORM_SCENARIOS_MUTATOR_FUZZED_PROTOCOL_H_
#define HUPSTORM_SCENARIOS_MUTATOR_FUZZED_PROTOCOL_H_

#include "target/target.h"

namespace hupstorm {

// Each executable that links hupstorm_libfuzzer_mutator defines it, once: kEcho, kAck or kHttp.
// Asked at the first mutation, which is after LLVMFuzzerInitialize.
Protocol FuzzedProtocol();

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_MUTATOR_FUZZED_PROTOCOL_H_
