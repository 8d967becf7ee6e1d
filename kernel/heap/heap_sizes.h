// Blocks of heap by their size, in classes: what grows without end is told from what else changes,
// and one leak from another, by the sizes of the blocks.

#ifndef HUPSTORM_KERNEL_HEAP_HEAP_SIZES_H_
#define HUPSTORM_KERNEL_HEAP_HEAP_SIZES_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace hupstorm {

// 16 bytes wide up to 1,024, then four for each power of two.
inline constexpr size_t kHeapSizes = 128;

inline size_t HeapSizeOf(size_t bytes) {
  constexpr size_t kFine = 1024;
  constexpr size_t kStep = 16;
  if (bytes <= kFine) return (bytes + kStep - 1) / kStep;
  const auto log = static_cast<size_t>(std::bit_width(bytes - 1) - 1);  // from 10 up
  const size_t quarter = (bytes - 1) >> (log - 2) & 3;
  return std::min(kFine / kStep + 1 + (log - 10) * 4 + quarter, kHeapSizes - 1);
}

// The most bytes that a block of the class has.
inline size_t LargestOfHeapSize(size_t size) {
  if (size <= 64) return size * 16;
  const size_t log = 10 + (size - 65) / 4;
  return (size_t{1} << log) + (((size - 65) % 4 + 1) << (log - 2));
}

// What is known of the blocks of a size whose number has grown for long.
enum class HeapGrowth : uint8_t {
  kUnknown,
  kEnds,  // they are a cache's or a pool's
  kLeak
};

// The heap of a program whose code is not known. Empty if its blocks are not counted.
struct HeapBlocks {
  const std::array<int64_t, kHeapSizes>* live = nullptr;             // now, by size
  std::array<std::atomic<HeapGrowth>, kHeapSizes>* known = nullptr;  // in all its processes
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_HEAP_HEAP_SIZES_H_
