#include "bench/load/latency_histogram.h"

#include <gtest/gtest.h>

namespace hupstorm {
namespace {

TEST(LatencyHistogramTest, WithNothingRecordedAllIsZero) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.Percentile(0.5), 0u);
}

TEST(LatencyHistogramTest, SmallNumbersAreExact) {
  for (uint64_t number = 0; number < 64; ++number) {
    LatencyHistogram histogram;
    histogram.Record(number);
    EXPECT_EQ(histogram.Percentile(0.5), number);
  }
}

TEST(LatencyHistogramTest, WhatIsReadOutIsAtMostOnePartAboveWhatWasRecorded) {
  for (uint64_t number = 64; number < uint64_t{1} << 39; number += number / 97 + 1) {
    LatencyHistogram histogram;
    histogram.Record(number);
    const uint64_t out = histogram.Percentile(1);
    ASSERT_GE(out, number);
    ASSERT_LE(out - number, number / LatencyHistogram::kParts) << number;
  }
}

TEST(LatencyHistogramTest, PercentilesOfAThousandNumbersInARow) {
  LatencyHistogram histogram;
  for (uint64_t number = 1000; number >= 1; --number) histogram.Record(number);
  EXPECT_EQ(histogram.count(), 1000u);
  const auto is_about = [&](double fraction, uint64_t number) {
    EXPECT_GE(histogram.Percentile(fraction), number);
    EXPECT_LE(histogram.Percentile(fraction), number + number / LatencyHistogram::kParts);
  };
  is_about(0, 1);
  is_about(0.5, 500);
  is_about(0.99, 990);
  is_about(0.999, 999);
  is_about(1, 1000);
}

TEST(LatencyHistogramTest, OneSlowMessageInAThousandIsAboveThe999th) {
  LatencyHistogram histogram;
  for (int i = 0; i < 999; ++i) histogram.Record(10);
  histogram.Record(1'000'000);
  EXPECT_EQ(histogram.Percentile(0.999), 10u);
  EXPECT_GE(histogram.Percentile(0.9991), 1'000'000u);
}

TEST(LatencyHistogramTest, WhatIsTooLongIsTheLongest) {
  LatencyHistogram histogram;
  histogram.Record(~uint64_t{0});
  EXPECT_GE(histogram.Percentile(1), uint64_t{1} << 40);
}

TEST(LatencyHistogramTest, TwoAddedAreAsIfRecordedInOne) {
  LatencyHistogram one;
  LatencyHistogram two;
  one.Record(10);
  two.Record(20);
  two.Record(30);
  one.Add(two);
  EXPECT_EQ(one.count(), 3u);
  EXPECT_EQ(one.Percentile(0.5), 20u);
  EXPECT_EQ(one.Percentile(1), 30u);
}

}  // namespace
}  // namespace hupstorm
