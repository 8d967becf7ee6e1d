// Random numbers that are the same everywhere: the standard library's distributions are not. They
// come from a seed, or are what a fuzzer chose.

#ifndef HUPSTORM_CONFORM_RANDOM_H_
#define HUPSTORM_CONFORM_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/random.h"

namespace hupstorm::conform {

class Random {
 public:
  explicit Random(uint64_t seed) : numbers_(seed) {}
  // Each choice is the next byte, or two if there are more than 256; zeros after the last one.
  // The bytes must outlive it.
  explicit Random(std::span<const uint8_t> bytes) : from_bytes_(true), bytes_(bytes) {}

  // The bytes are used up. Never for a seed.
  bool IsSpent() const { return from_bytes_ && bytes_.empty(); }

  // From 0 to `end` - 1.
  int Below(int end) {
    const uint64_t number =
        !from_bytes_ ? numbers_.Next() : TakeByte() | (end > 256 ? TakeByte() << 8 : 0);
    return static_cast<int>(number % static_cast<uint64_t>(end));
  }
  int Between(int first, int last) { return first + Below(last - first + 1); }
  bool Chance(int percent) { return Below(100) < percent; }
  template <typename T, size_t N>
  const T& OneOf(const T (&items)[N]) {
    return items[Below(static_cast<int>(N))];
  }

 private:
  uint64_t TakeByte() {
    if (bytes_.empty()) return 0;
    const uint64_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }

  SplitMix64 numbers_{0};
  bool from_bytes_ = false;
  std::span<const uint8_t> bytes_;
};

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_RANDOM_H_
