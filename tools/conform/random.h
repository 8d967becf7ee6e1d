// Random numbers that are the same everywhere: the standard library's distributions are not. They
// come from a seed, or are what a fuzzer chose.

#ifndef HUPSTORM_TOOLS_CONFORM_RANDOM_H_
#define HUPSTORM_TOOLS_CONFORM_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace hupstorm::conform {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  // Each choice is the next byte, or two where there are more than 256; zeros after the last one.
  // The bytes must outlive it.
  explicit Random(std::span<const uint8_t> bytes) : from_bytes_(true), bytes_(bytes) {}

  // The bytes are used up. Never for a seed.
  bool IsSpent() const { return from_bytes_ && bytes_.empty(); }

  // From 0 to `end` - 1.
  int Below(int end) {
    const uint64_t number =
        !from_bytes_ ? SplitMix64() : TakeByte() | (end > 256 ? TakeByte() << 8 : 0);
    return static_cast<int>(number % static_cast<uint64_t>(end));
  }
  int Between(int first, int last) { return first + Below(last - first + 1); }
  bool Chance(int percent) { return Below(100) < percent; }
  template <typename T, size_t N>
  const T& OneOf(const T (&items)[N]) {
    return items[Below(static_cast<int>(N))];
  }

 private:
  uint64_t SplitMix64() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint64_t TakeByte() {
    if (bytes_.empty()) return 0;
    const uint64_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }

  uint64_t state_ = 0;
  bool from_bytes_ = false;
  std::span<const uint8_t> bytes_;
};

}  // namespace hupstorm::conform

#endif  // HUPSTORM_TOOLS_CONFORM_RANDOM_H_
