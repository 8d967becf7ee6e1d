// For how long a server that makes no calls is excused.

#include "scenarios/worlds/call_patience.h"

#include <gtest/gtest.h>

#include <chrono>

namespace hupstorm {
namespace {

using namespace std::chrono_literals;

// A server that is looked at once a second and makes no more calls. `work` and `waits`: how much of
// each second its processes run, and its most hindered thread waits for a processor.
std::chrono::seconds ExcusedFor(std::chrono::nanoseconds work, std::chrono::nanoseconds waits) {
  CallPatience patience;
  const CallPatience::TimePoint start{1h};
  patience.IsExcused(start, /*calls=*/7, 0ns, 0ns);
  for (int second = 1; second < 1000; ++second) {
    const std::chrono::seconds since{second};
    if (!patience.IsExcused(start + since, 7, second * work, second * waits)) return since - 1s;
  }
  return std::chrono::seconds::max();
}

TEST(CallPatienceTest, AServerThatRunsIsNotExcused) { EXPECT_EQ(ExcusedFor(1s, 0s), 0s); }

TEST(CallPatienceTest, OneThatWaitsForAProcessorIsUntilItHasWorkedForSeconds) {
  EXPECT_EQ(ExcusedFor(100ms, 900ms), 49s);
}

TEST(CallPatienceTest, OneThatSleepsWhileItsDriverWorksIsForTwoMinutes) {
  EXPECT_EQ(ExcusedFor(1ms, 0s), 119s);
}

TEST(CallPatienceTest, ItIsExcusedAnewAfterACall) {
  CallPatience patience;
  const CallPatience::TimePoint start{1h};
  patience.IsExcused(start, 1, 0s, 0s);
  EXPECT_FALSE(patience.IsExcused(start + 200s, 1, 0s, 0s));
  EXPECT_TRUE(patience.IsExcused(start + 201s, 2, 0s, 0s));
  EXPECT_TRUE(patience.IsExcused(start + 202s, 2, 0s, 0s));
}

}  // namespace
}  // namespace hupstorm
