// Hashes that are the same on every machine and in every build.

#ifndef HUPSTORM_BASE_HASH_H_
#define HUPSTORM_BASE_HASH_H_

#include <cstdint>
#include <string_view>

namespace hupstorm {

// FNV-1a of 64 bits, for fingerprints that are kept.
class Fnv1a {
 public:
  // The text and a zero byte, so that "ab", "c" is not "a", "bc".
  constexpr Fnv1a& Add(std::string_view text) {
    for (const char c : text) AddByte(static_cast<uint8_t>(c));
    AddByte(0);
    return *this;
  }
  constexpr Fnv1a& Add(uint64_t number) {
    for (int i = 0; i < 64; i += 8) AddByte(static_cast<uint8_t>(number >> i));
    return *this;
  }
  constexpr uint64_t value() const { return value_; }

 private:
  constexpr void AddByte(uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3; }

  uint64_t value_ = 0xcbf29ce484222325;
};

// Of numbers, a multiplication each, to tell states from each other within a run.
class NumberHash {
 public:
  explicit constexpr NumberHash(uint64_t start = 0x243f6a8885a308d3) : value_(start) {}

  constexpr NumberHash& Add(uint64_t number) {
    value_ = (value_ ^ number) * 0x9e3779b97f4a7c15;
    value_ ^= value_ >> 29;
    return *this;
  }
  constexpr uint64_t value() const { return value_; }

 private:
  uint64_t value_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_HASH_H_
