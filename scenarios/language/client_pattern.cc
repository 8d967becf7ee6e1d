// The pattern is made of cells of eight bytes, each a function of the client and the cell's number
// alone, so that any part of it can be written or checked without what comes before.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>

#include "base/random.h"
#include "scenarios/language/scenario.h"

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
  // Where bytes [offset, offset + count) of the pattern stand, null if they are not kept.
  const char* Find(uint64_t key, uint64_t offset, size_t count) {
    if (count == 0 || offset >= kLongest || count > kLongest - offset) return nullptr;
    Beginning& known = known_[key % known_.size()];
    if (known.key != key) {
      // In the middle of a stream it would all have to be worked out up to there, and two clients
      // that share the place could make each other do so at every turn.
      if (offset != 0) return nullptr;
      known.key = key;
      known.size = 0;
    }
    const size_t end = offset + count;
    if (offset > known.size) return nullptr;
    if (end > known.size) {
      if (end > known.capacity && !MakeRoom(known, end)) return nullptr;
      WorkOut(key, known.size, known.bytes.get() + known.size, end - known.size);
      known.size = end;
    }
    return known.bytes.get() + offset;
  }

 private:
  static constexpr size_t kLongest = 1024 * 1024;  // bytes of one pattern
  static constexpr size_t kMostInAll = 64 * kLongest;

  struct Beginning {
    uint64_t key = 0;
    size_t size = 0;
    size_t capacity = 0;
    std::unique_ptr<char[]> bytes;
  };

  // Grows in large steps, so that little is copied: memory that is not used costs nothing.
  bool MakeRoom(Beginning& known, size_t end) {
    const size_t capacity = end <= 4096 ? 4096 : end <= 65536 ? 65536 : kLongest;
    if (total_ + capacity > kMostInAll) {
      for (Beginning& each : known_) each = {};
      total_ = 0;
      return false;
    }
    // Left as it is. (libc++ 14 has no std::make_unique_for_overwrite.)
    std::unique_ptr<char[]> bytes(new char[capacity]);
    std::copy_n(known.bytes.get(), known.size, bytes.get());
    total_ += capacity - known.capacity;
    known.bytes = std::move(bytes);
    known.capacity = capacity;
    return true;
  }

  // So many that the clients of one scenario, forty say, seldom share a place.
  std::array<Beginning, 512> known_;
  size_t total_ = 0;  // bytes
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
