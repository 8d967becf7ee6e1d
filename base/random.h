// Random numbers: the same for the same seed, on every machine.

#ifndef HUPSTORM_BASE_RANDOM_H_
#define HUPSTORM_BASE_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace hupstorm {

// SplitMix64 (Steele, Lea, Flood 2014).
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

// Random choices.
class Random {
 public:
  explicit Random(uint64_t seed) : numbers_(seed) {}

  uint64_t Next() { return numbers_.Next(); }

  // 0 to count - 1; `count` is at least 1.
  uint64_t Below(uint64_t count) { return Next() % count; }
  uint64_t Between(uint64_t first, uint64_t last) { return first + Below(last - first + 1); }
  bool OneIn(uint64_t count) { return Below(count) == 0; }

  // One of the elements of a container that is not empty.
  template <typename Container>
  const auto& Pick(const Container& container) {
    return *(std::begin(container) + static_cast<ptrdiff_t>(Below(std::size(container))));
  }

  // One of the rows of a table, each as likely as its `weight` says, of which one at least is not
  // 0.
  template <typename Table>
  const auto& PickRow(const Table& table) {
    uint64_t sum = 0;
    for (const auto& row : table) sum += static_cast<uint64_t>(row.weight);
    uint64_t left = Below(sum);
    auto row = std::begin(table);
    while (left >= static_cast<uint64_t>(row->weight))
      left -= static_cast<uint64_t>((row++)->weight);
    return *row;
  }

 private:
  SplitMix64 numbers_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_RANDOM_H_
