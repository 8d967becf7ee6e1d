#include "base/shared_array.h"

#include <gtest/gtest.h>

#include "base/child_process.h"

namespace hupstorm {
namespace {

TEST(SharedArrayTest, BeginsWithZerosAndShowsWhatAChildWrote) {
  const SharedArray<int> numbers(3);
  EXPECT_EQ(numbers[2], 0);
  ChildProcess([&] { numbers[2] = 7; }).Wait();
  EXPECT_EQ(numbers[2], 7);
  EXPECT_EQ(*numbers, 0);
}

}  // namespace
}  // namespace hupstorm
