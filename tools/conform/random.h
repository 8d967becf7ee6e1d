// Random numbers that are the same everywhere: the standard library's distributions are not.

#ifndef HUPSTORM_TOOLS_CONFORM_RANDOM_H_
#define HUPSTORM_TOOLS_CONFORM_RANDOM_H_

#include <cstddef>
#include <cstdint>

namespace hupstorm::conform {

class Random {  // SplitMix64
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // From 0 to `end` - 1.
  int Below(int end) { return static_cast<int>(Next() % static_cast<uint64_t>(end)); }
  int Between(int first, int last) { return first + Below(last - first + 1); }
  bool Chance(int percent) { return Below(100) < percent; }
  template <typename T, size_t N>
  const T& OneOf(const T (&items)[N]) {
    return items[Below(static_cast<int>(N))];
  }

 private:
  uint64_t state_;
};

}  // namespace hupstorm::conform

#endif  // HUPSTORM_TOOLS_CONFORM_RANDOM_H_
