// The pattern is made of cells of eight bytes, each a function of the client and the cell's number
// alone, so that any part of it can be written or checked without what comes before.

#include <algorithm>
#include <bit>
#include <cstring>

#include "scenarios/language/scenario.h"

namespace hupstorm {
namespace {

constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;

// The output function of SplitMix64.
constexpr uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Six bits in each byte, moved up to '0' ... 'o'.
uint64_t Cell(uint64_t key, uint64_t number) {
  return (Mix(key + number * kGolden) & 0x3f3f3f3f3f3f3f3f) + 0x3030303030303030;
}

}  // namespace

ClientPattern::ClientPattern(char letter, uint32_t index)
    : key_(Mix((static_cast<uint64_t>(static_cast<unsigned char>(letter)) << 32 | index) +
               kGolden)) {}

void ClientPattern::Fill(uint64_t offset, char* out, size_t count) const {
  uint64_t number = offset / 8;
  if (const size_t skip = offset % 8; skip != 0 && count != 0) {
    const uint64_t cell = Cell(key_, number++);
    const size_t part = std::min(count, 8 - skip);
    std::memcpy(out, reinterpret_cast<const char*>(&cell) + skip, part);
    out += part;
    count -= part;
  }
  for (; count >= 8; count -= 8, out += 8) {
    const uint64_t cell = Cell(key_, number++);
    std::memcpy(out, &cell, 8);
  }
  if (count != 0) {
    const uint64_t cell = Cell(key_, number);
    std::memcpy(out, &cell, count);
  }
}

size_t ClientPattern::Match(uint64_t offset, std::string_view bytes) const {
  size_t matched = 0;
  if (offset % 8 == 0) {
    uint64_t number = offset / 8;
    for (uint64_t found; bytes.size() - matched >= 8; matched += 8) {
      std::memcpy(&found, bytes.data() + matched, 8);
      if (found != Cell(key_, number++)) break;
    }
  }
  // The parts of a cell, and the cell that differs.
  while (matched < bytes.size()) {
    const uint64_t place = offset + matched;
    const size_t skip = place % 8;
    const size_t part = std::min(bytes.size() - matched, 8 - skip);
    const uint64_t expected = Cell(key_, place / 8);
    uint64_t found = expected;  // outside of the part compared, nothing differs
    std::memcpy(reinterpret_cast<char*>(&found) + skip, bytes.data() + matched, part);
    if (const uint64_t difference = expected ^ found; difference != 0) {
      static_assert(std::endian::native == std::endian::little);
      return matched + static_cast<size_t>(std::countr_zero(difference)) / 8 - skip;
    }
    matched += part;
  }
  return matched;
}

}  // namespace hupstorm
