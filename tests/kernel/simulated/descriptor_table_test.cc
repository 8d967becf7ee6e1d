#include "kernel/simulated/descriptor_table.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace hupstorm::simulated {
namespace {

int LowestNotIn(const std::set<int>& open, int from) {
  while (open.contains(from)) ++from;
  return from;
}

TEST(DescriptorTableTest, TheLowestFreeNumberComesFirst) {
  DescriptorTable table;
  Eventfd object;
  std::set<int> open;
  std::mt19937 random(1);
  const auto step = [&](bool grow) {
    const int from = DescriptorTable::kFirst + static_cast<int>(random() % 3 * 100);
    const int lowest = LowestNotIn(open, from);
    ASSERT_EQ(table.LowestFree(from), lowest);
    if (grow) {
      table.Install(lowest, &object, false);
      open.insert(lowest);
    } else if (!open.empty()) {
      auto victim = open.lower_bound(DescriptorTable::kFirst + static_cast<int>(random() % 5000));
      if (victim == open.end()) victim = open.begin();
      EXPECT_EQ(table.Remove(*victim), &object);
      EXPECT_EQ(table.Get(*victim), nullptr);
      open.erase(victim);
    }
    ASSERT_EQ(table.open_count(), static_cast<int>(open.size()));
  };
  for (int i = 0; i < 9000; ++i) step(random() % 4 != 0);
  EXPECT_GT(open.size(), 4096u);  // three levels deep
  for (int i = 0; i < 9000; ++i) step(random() % 4 == 0);
  table.Clear();
  EXPECT_EQ(table.open_count(), 0);
  EXPECT_EQ(table.LowestFree(), DescriptorTable::kFirst);
}

TEST(DescriptorTableTest, TheLimitIsTheFirstNumberThatIsRefused) {
  DescriptorTable table;
  Eventfd object;
  table.set_limit(64);
  for (int i = 0; i < 64; ++i) table.Install(table.LowestFree(), &object, false);
  EXPECT_EQ(table.LowestFree(), -1);
  table.set_limit(65);
  EXPECT_EQ(table.LowestFree(), DescriptorTable::kFirst + 64);
  table.Remove(DescriptorTable::kFirst + 10);
  table.set_limit(5);
  EXPECT_EQ(table.LowestFree(), -1);
}

}  // namespace
}  // namespace hupstorm::simulated
