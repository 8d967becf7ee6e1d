// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, on every machine.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_SPLIT_MIX64_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_SPLIT_MIX64_H_

#include <cstdint>

namespace hupstorm {

class SplitMix64 {
 public:
  static constexpr uint64_t kGamma = 0x9e3779b97f4a7c15;  // what the state grows by

  explicit constexpr SplitMix64(uint64_t seed) : state_(seed) {}

  constexpr uint64_t Next() { return Mix(state_ += kGamma); }

  // The output function.
  static constexpr uint64_t Mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_SPLIT_MIX64_H_
