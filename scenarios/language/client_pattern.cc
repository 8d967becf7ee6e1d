// The pattern is made of cells of eight bytes, each a function of the client and the cell's number
// alone, so that any part of it can be written or checked without what comes before.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "scenarios/language/scenario.h"
#include "scenarios/language/split_mix64.h"

namespace hupstorm {
namespace {

// Six bits in each byte, moved up to '0' ... 'o'.
uint64_t Cell(uint64_t key, uint64_t number) {
  return (SplitMix64::Mix(key + number * SplitMix64::kGamma) & 0x3f3f3f3f3f3f3f3f) +
         0x3030303030303030;
}

// Writes bytes [offset, offset + count) of the pattern to `out`.
void WorkOut(uint64_t key, uint64_t offset, char* out, size_t count) {
  uint64_t number = offset / 8;
  if (const size_t skip = offset % 8; skip != 0 && count != 0) {
    const uint64_t cell = Cell(key, number++);
    const size_t part = std::min(count, 8 - skip);
    std::memcpy(out, reinterpret_cast<const char*>(&cell) + skip, part);
    out += part;
    count -= part;
  }
  for (; count >= 8; count -= 8, out += 8) {
    const uint64_t cell = Cell(key, number++);
    std::memcpy(out, &cell, 8);
  }
  if (count != 0) {
    const uint64_t cell = Cell(key, number);
    std::memcpy(out, &cell, count);
  }
}

// The beginnings of patterns as they were last worked out: run after run sends and checks those of
// the same few clients, and a copy takes a fifth of the time.
class KnownBeginnings {
 public:
  // Where bytes [offset, offset + count) of the pattern stand, null where they are not kept.
  const char* Find(uint64_t key, uint64_t offset, size_t count) {
    if (count == 0 || offset >= kLongest || count > kLongest - offset) return nullptr;
    Beginning& known = known_[key % known_.size()];
    if (known.key != key) {
      // In the middle of a stream it would all have to be worked out up to there, and two clients
      // that share the place could make each other do so at every turn.
      if (offset != 0) return nullptr;
      known.key = key;
      known.bytes.clear();
    }
    const size_t size = known.bytes.size();
    const size_t end = offset + count;
    if (offset > size) return nullptr;
    if (end > size) {
      known.bytes.resize(end);
      WorkOut(key, size, known.bytes.data() + size, end - size);
    }
    return known.bytes.data() + offset;
  }

 private:
  static constexpr size_t kLongest = 1024 * 1024;  // bytes of one pattern
  struct Beginning {
    uint64_t key = 0;
    std::string bytes;
  };
  std::array<Beginning, 64> known_;
};

thread_local KnownBeginnings known_beginnings;

}  // namespace

ClientPattern::ClientPattern(char letter, uint32_t index)
    : key_(SplitMix64(static_cast<uint64_t>(static_cast<unsigned char>(letter)) << 32 | index)
               .Next()) {}

const char* ClientPattern::Find(uint64_t offset, size_t count) const {
  return known_beginnings.Find(key_, offset, count);
}

void ClientPattern::Fill(uint64_t offset, char* out, size_t count) const {
  if (const char* known = Find(offset, count)) {
    std::memcpy(out, known, count);
  } else {
    WorkOut(key_, offset, out, count);
  }
}

size_t ClientPattern::Match(uint64_t offset, std::string_view bytes) const {
  const char* known = Find(offset, bytes.size());
  if (known != nullptr && std::memcmp(known, bytes.data(), bytes.size()) == 0) return bytes.size();
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
