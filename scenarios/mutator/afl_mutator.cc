// AFL++'s custom mutator, for AFL_CUSTOM_MUTATOR_LIBRARY. The environment variable
// HUPSTORM_PROTOCOL says what the server speaks: echo (if it is not set), ack or http.
//
// AFL++ runs it as a stage of its own before havoc, or alone with AFL_CUSTOM_MUTATOR_ONLY=1.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "scenarios/mutator/scenario_mutator.h"

namespace {

constexpr uint64_t kCrossOvers = 6;  // one in 6, if AFL++ gives a second input

class AflMutator {
 public:
  AflMutator(hupstorm::Protocol protocol, unsigned int seed)
      : mutator_(protocol, seed), random_(~uint64_t{seed}) {}

  // Valid until the next call; empty if no scenario fits.
  std::vector<uint8_t>& Fuzz(std::span<const uint8_t> input, std::span<const uint8_t> other,
                             size_t max_size) {
    mutant_ = !other.empty() && random_.OneIn(kCrossOvers)
                  ? mutator_.CrossOverBytes(input, other, max_size)
                  : mutator_.MutateBytes(input, max_size);
    return mutant_;
  }

 private:
  hupstorm::ScenarioMutator mutator_;
  hupstorm::Random random_;
  std::vector<uint8_t> mutant_;
};

hupstorm::Protocol ProtocolFromEnvironment() {
  const char* value = std::getenv("HUPSTORM_PROTOCOL");
  const std::string_view name = value == nullptr ? "echo" : value;
  if (name == "echo") return hupstorm::Protocol::kEcho;
  if (name == "ack") return hupstorm::Protocol::kAck;
  if (name == "http") return hupstorm::Protocol::kHttp;
  std::fprintf(stderr, "HUPSTORM_PROTOCOL is '%s'; it can be echo, ack or http\n", value);
  std::exit(2);
}

}  // namespace

// As AFL++ 4 declares them (docs/custom_mutators.md). The first argument is its own state.
extern "C" void* afl_custom_init(void*, unsigned int seed) {
  return new AflMutator(ProtocolFromEnvironment(), seed);
}

extern "C" size_t afl_custom_fuzz(void* data, uint8_t* buf, size_t buf_size, uint8_t** out_buf,
                                  uint8_t* add_buf, size_t add_buf_size, size_t max_size) {
  std::vector<uint8_t>& mutant = static_cast<AflMutator*>(data)->Fuzz(
      {buf, buf_size}, {add_buf, add_buf == nullptr ? 0 : add_buf_size}, max_size);
  *out_buf = mutant.data();  // AFL++ leaves out a mutant of no bytes
  return mutant.size();
}

// How many mutants of one input, before the next one's turn. AFL++ would take thousands while they
// show something new, which all do at first, and come to the last of the inputs after minutes.
extern "C" unsigned int afl_custom_fuzz_count(void*, const uint8_t*, size_t) {
  constexpr unsigned int kMutants = 128;
  return kMutants;
}

extern "C" void afl_custom_deinit(void* data) { delete static_cast<AflMutator*>(data); }
