#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "bench/bench_report.h"
#include "bench/measuring.h"

namespace hupstorm::harness {
namespace {

using ::testing::DoubleEq;
using ::testing::Field;
using ::testing::Gt;

TEST(CpuCostTest, WhatALayerAddsIsTheMedianOfItsPairs) {
  // The machine was three times slower in the second round. The layer adds 5, and then 15.
  const Spread added = Added({10, 30, 11}, {15, 45, 16});
  EXPECT_THAT(added.median, DoubleEq(5));
  EXPECT_THAT(added.least, DoubleEq(5));
  EXPECT_THAT(added.most, DoubleEq(15));
}

TEST(CpuCostTest, ALayerMayAddLessThanNothing) {
  EXPECT_THAT(Added({10}, {9}), Field(&Spread::median, DoubleEq(-1)));
}

TEST(CpuCostTest, WhatSlowsBothOfAPairDropsOutOfTheirRatio) {
  const Spread ratio = Ratio({10, 30}, {20, 60});
  EXPECT_THAT(ratio.least, DoubleEq(2));
  EXPECT_THAT(ratio.most, DoubleEq(2));
}

TEST(CpuCostTest, EachNeedsItsCounterpart) {
  EXPECT_THROW(Added({10}, {10, 11}), std::out_of_range);
  EXPECT_THROW(Ratio({10}, {10, 11}), std::out_of_range);
}

TEST(CpuCostTest, EachBatchFindsWhatItNeeds) {
  int prepared = 0;
  int batches = 0;
  bool ready = true;
  CostOf({.run_batch =
              [&] {
                ++batches;
                ready = ready && prepared == batches;
              },
          .prepare = [&] { ++prepared; }},
         std::chrono::milliseconds(0));
  EXPECT_THAT(batches, Gt(1));  // the first is not measured
  EXPECT_TRUE(ready);
}

TEST(CpuCostTest, ARunIsMeasuredHoweverLongItTakes) {
  int runs = 0;
  CostOf([&] { ++runs; }, std::chrono::milliseconds(0));
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace hupstorm::harness
