// libFuzzer's custom mutator and crossover. libFuzzer asks for either equally often. With
// HUPSTORM_MUTATOR=bytes in the environment both leave steps alone and treat an input as bytes, so
// that it can be measured what they are worth.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "scenarios/mutator/fuzzed_protocol.h"
#include "scenarios/mutator/scenario_mutator.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

// Bytes that the byte form alone can say are not worth much, but its limits are fuzzed too.
constexpr uint64_t kPlainMutations = 32;  // one in 32
// If crossover does nothing, libFuzzer asks for something else.
constexpr uint64_t kCrossOvers = 4;  // one in 4

hupstorm::ScenarioMutator MutatorFor(uint64_t seed) {
  static const hupstorm::Protocol protocol = hupstorm::FuzzedProtocol();
  return {protocol, seed};
}

bool KnowsSteps() {
  static const bool knows = [] {
    const char* const mutator = std::getenv("HUPSTORM_MUTATOR");
    return mutator == nullptr || std::string_view(mutator) != "bytes";
  }();
  return knows;
}

// The beginning of one input and the end of another.
std::vector<uint8_t> Splice(std::span<const uint8_t> first, std::span<const uint8_t> second,
                            size_t max_size, hupstorm::Random random) {
  const size_t kept = random.Below(first.size() + 1);
  const size_t taken = random.Below(second.size() + 1);
  std::vector<uint8_t> bytes(first.begin(), first.begin() + static_cast<ptrdiff_t>(kept));
  bytes.insert(bytes.end(), second.end() - static_cast<ptrdiff_t>(taken), second.end());
  bytes.resize(std::min(bytes.size(), max_size));
  return bytes;
}

size_t CopyOut(const std::vector<uint8_t>& bytes, uint8_t* out) {
  std::copy(bytes.begin(), bytes.end(), out);
  return bytes.size();
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  if (KnowsSteps() && !hupstorm::Random(seed).OneIn(kPlainMutations)) {
    const std::vector<uint8_t> mutant = MutatorFor(seed).MutateBytes({data, size}, max_size);
    if (!mutant.empty()) return CopyOut(mutant, data);
  }
  return LLVMFuzzerMutate(data, size, max_size);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1,
                                            const uint8_t* data2, size_t size2, uint8_t* out,
                                            size_t max_out_size, unsigned int seed) {
  if (!hupstorm::Random(seed).OneIn(kCrossOvers)) return 0;
  if (!KnowsSteps()) {
    return CopyOut(Splice({data1, size1}, {data2, size2}, max_out_size, hupstorm::Random(seed)),
                   out);
  }
  return CopyOut(MutatorFor(seed).CrossOverBytes({data1, size1}, {data2, size2}, max_out_size),
                 out);
}
