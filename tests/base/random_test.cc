#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace hupstorm {
namespace {

// Of the reference implementation, for seed 1234567.
TEST(RandomTest, SplitMix64GivesThePublishedNumbers) {
  SplitMix64 numbers(1234567);
  EXPECT_EQ(numbers.Next(), 6457827717110365317u);
  EXPECT_EQ(numbers.Next(), 3203168211198807973u);
  EXPECT_EQ(numbers.Next(), 9817491932198370423u);
}

TEST(RandomTest, ChoicesStayInTheirRange) {
  Random random(1);
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(random.Below(3), 3u);
    seen.insert(random.Between(5, 7));
  }
  EXPECT_EQ(seen, (std::set<uint64_t>{5, 6, 7}));
}

TEST(RandomTest, RowsOfNoWeightAreNeverPicked) {
  struct Row {
    int weight;
    char name;
  };
  static constexpr std::array<Row, 3> kRows = {{{0, 'a'}, {2, 'b'}, {0, 'c'}}};
  Random random(2);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.PickRow(kRows).name, 'b');
}

}  // namespace
}  // namespace hupstorm
