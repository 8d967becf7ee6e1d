// Random choices: the same for the same seed, on every machine.

#ifndef HUPSTORM_SCENARIOS_MUTATOR_RANDOM_H_
#define HUPSTORM_SCENARIOS_MUTATOR_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "scenarios/language/split_mix64.h"

namespace hupstorm {

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

#endif  // HUPSTORM_SCENARIOS_MUTATOR_RANDOM_H_
