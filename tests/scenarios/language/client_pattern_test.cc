#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "scenarios/language/scenario.h"

namespace hupstorm {
namespace {

std::string Bytes(char letter, uint32_t index, uint64_t offset, size_t count) {
  std::string bytes(count, '?');
  ClientPattern(letter, index).Fill(offset, bytes.data(), count);
  return bytes;
}

TEST(ClientPatternTest, BytesArePrintable) {
  for (const char c : Bytes('a', 0, 0, 100'000)) {
    ASSERT_GE(c, '0');
    ASSERT_LE(c, 'o');
  }
}

TEST(ClientPatternTest, IsTheSameInEveryRun) {
  EXPECT_EQ(Bytes('a', 0, 0, 16), R"(U2lH\=gh>FCC1o_X)");
  EXPECT_EQ(Bytes('c', 200, 1 << 20, 8), "SG126:g^");
}

TEST(ClientPatternTest, AnyPartIsAsInTheWhole) {
  const std::string whole = Bytes('b', 7, 0, 64);
  for (size_t offset = 0; offset < 40; ++offset) {
    for (size_t count = 0; count < 24; ++count) {
      ASSERT_EQ(Bytes('b', 7, offset, count), whole.substr(offset, count));
    }
  }
}

TEST(ClientPatternTest, MatchCountsTheLeadingBytesThatAgree) {
  const ClientPattern pattern('b', 7);
  const std::string whole = Bytes('b', 7, 0, 64);
  for (size_t offset = 0; offset < 20; ++offset) {
    for (size_t count = 0; count < 24; ++count) {
      std::string part = whole.substr(offset, count);
      ASSERT_EQ(pattern.Match(offset, part), count);
      for (size_t wrong = 0; wrong < count; ++wrong) {
        std::string damaged = part;
        damaged[wrong] ^= 1;
        if (wrong + 1 < count) damaged.back() ^= 1;  // what follows does not matter
        ASSERT_EQ(pattern.Match(offset, damaged), wrong) << offset << " " << count;
      }
    }
  }
}

// What is kept of patterns has room for some clients and for the beginning of each.
TEST(ClientPatternTest, IsTheSameHoweverManyClientsTakeTurns) {
  constexpr size_t kPart = 700;
  constexpr size_t kWhole = 100 * kPart;  // longer than what is kept, so worked out at once
  std::map<uint32_t, std::string> parts;
  for (uint64_t offset = 0; offset < kWhole; offset += kPart) {
    for (uint32_t index = 0; index < 80; ++index) {
      parts[index] += Bytes('c', index, offset, kPart);
      const std::string last = parts[index].substr(offset);
      ASSERT_EQ(ClientPattern('c', index).Match(offset, last), kPart);
    }
  }
  for (const auto& [index, text] : parts) {
    ASSERT_EQ(text, Bytes('c', index, 0, kWhole)) << index;
  }
}

TEST(ClientPatternTest, EightBytesNameTheClientAndThePlace) {
  std::map<std::string, std::string> seen;
  for (const char letter : std::string_view("abz")) {
    for (uint32_t index = 0; index < 40; ++index) {
      for (uint64_t cell = 0; cell < 200; ++cell) {
        const std::string where =
            std::string(1, letter) + std::to_string(index) + "@" + std::to_string(cell);
        const auto [known, fresh] = seen.emplace(Bytes(letter, index, cell * 8, 8), where);
        ASSERT_TRUE(fresh) << where << " is as " << known->second;
      }
    }
  }
}

}  // namespace
}  // namespace hupstorm
