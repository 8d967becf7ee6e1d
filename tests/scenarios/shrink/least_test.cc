#include "scenarios/shrink/least.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace hupstorm {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

uint64_t LeastFrom(uint64_t threshold, uint64_t value, NumberKind kind, uint64_t least = 1) {
  return LeastNumber(value, least, kind, [&](uint64_t number) {
    EXPECT_LT(number, value) << "asked about what is known to work";
    EXPECT_GE(number, least);
    return number >= threshold;
  });
}

TEST(LeastNumberTest, CountsAreExact) {
  EXPECT_EQ(LeastFrom(1, 1000, NumberKind::kCount), 1u);
  EXPECT_EQ(LeastFrom(7, 1000, NumberKind::kCount), 7u);
  EXPECT_EQ(LeastFrom(777, 1000, NumberKind::kCount), 777u);
  EXPECT_EQ(LeastFrom(1000, 1000, NumberKind::kCount), 1000u);
  EXPECT_EQ(LeastFrom(0, 5, NumberKind::kCount, 0), 0u);
  EXPECT_EQ(LeastFrom(1, 1, NumberKind::kCount), 1u);
}

TEST(LeastNumberTest, SmallSizesAreExact) {
  EXPECT_EQ(LeastFrom(1, 64 << 20, NumberKind::kSize), 1u);
  EXPECT_EQ(LeastFrom(2, 64 << 20, NumberKind::kSize), 2u);
  EXPECT_EQ(LeastFrom(600, 64 << 20, NumberKind::kSize), 600u);
  EXPECT_EQ(LeastFrom(0, 300, NumberKind::kSize, 0), 0u);
}

TEST(LeastNumberTest, LargeSizesArePowersOfTwo) {
  EXPECT_EQ(LeastFrom(1025, 64 << 10, NumberKind::kSize), 2048u);
  EXPECT_EQ(LeastFrom(87'381, 64 << 20, NumberKind::kSize), 128u << 10);
}

TEST(LeastNumberTest, ASizeWithoutAPowerOfTwoBelowItIsInWholeKiB) {
  EXPECT_EQ(LeastFrom(140'000, 200 << 10, NumberKind::kSize), 137u << 10);
  EXPECT_EQ(LeastFrom(137 << 10, 137 << 10, NumberKind::kSize), 137u << 10);
  EXPECT_EQ(LeastFrom(5000, 5100, NumberKind::kSize), 5100u);
  EXPECT_EQ(LeastFrom(1025, 1500, NumberKind::kSize), 1500u);
  EXPECT_EQ(LeastFrom(1024, 1500, NumberKind::kSize), 1024u);
}

TEST(LeastNumberTest, DurationsAreRound) {
  EXPECT_EQ(LeastFrom(1, 3600 * kSecond, NumberKind::kDuration), 1'000'000u);
  EXPECT_EQ(LeastFrom(3 * kSecond, 3600 * kSecond, NumberKind::kDuration), 5 * kSecond);
  EXPECT_EQ(LeastFrom(6 * kSecond, 7 * kSecond, NumberKind::kDuration), 7 * kSecond);
  EXPECT_EQ(LeastFrom(1, 300, NumberKind::kDuration), 300u);
}

TEST(LeastNumberTest, ALargeNumberTakesFewQuestions) {
  int questions = 0;
  LeastNumber(64 << 20, 1, NumberKind::kSize, [&](uint64_t number) {
    ++questions;
    return number > 1'000'000;
  });
  EXPECT_LE(questions, 7);
}

TEST(RemoveRunsTest, LeavesWhatIsNeeded) {
  std::string items(100, '.');
  items[3] = 'x';
  items[60] = 'y';
  items[99] = 'z';
  RemoveRuns(items.size(), 1, [&](size_t first, size_t end) {
    std::string left = items;
    left.erase(first, end - first);
    if (left.find('x') == left.npos || left.find('y') == left.npos || left.find('z') == left.npos) {
      return false;
    }
    items = left;
    return true;
  });
  EXPECT_EQ(items, "xyz");
}

TEST(RemoveRunsTest, KeepsTheLeast) {
  size_t size = 10;
  RemoveRuns(size, 3, [&](size_t first, size_t end) {
    EXPECT_LE(end, size);
    size -= end - first;
    return true;
  });
  EXPECT_EQ(size, 3u);
}

}  // namespace
}  // namespace hupstorm
