// libFuzzer's custom mutator and crossover. libFuzzer asks for either equally often.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/mutator/fuzzed_protocol.h"
#include "fuzz/mutator/scenario_mutator.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

// Bytes that the byte form alone can say are not worth much, but its limits are fuzzed too.
constexpr uint64_t kPlainMutations = 32;  // one in so many
// Where crossover does nothing, libFuzzer asks for something else.
constexpr uint64_t kCrossOvers = 4;  // one in so many

hupstorm::ScenarioMutator MutatorFor(uint64_t seed) {
  static const hupstorm::Protocol protocol = hupstorm::FuzzedProtocol();
  return {protocol, seed};
}

size_t CopyOut(const std::vector<uint8_t>& bytes, uint8_t* out) {
  std::copy(bytes.begin(), bytes.end(), out);
  return bytes.size();
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  if (!hupstorm::Random(seed).OneIn(kPlainMutations)) {
    const std::vector<uint8_t> mutant = MutatorFor(seed).MutateBytes({data, size}, max_size);
    if (!mutant.empty()) return CopyOut(mutant, data);
  }
  return LLVMFuzzerMutate(data, size, max_size);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1,
                                            const uint8_t* data2, size_t size2, uint8_t* out,
                                            size_t max_out_size, unsigned int seed) {
  if (!hupstorm::Random(seed).OneIn(kCrossOvers)) return 0;
  return CopyOut(MutatorFor(seed).CrossOverBytes({data1, size1}, {data2, size2}, max_out_size),
                 out);
}
