// What comes in any order is used in that of its numbers.

#include "tools/gate/in_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hupstorm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class InOrderTest : public testing::Test {
 protected:
  std::vector<std::string> used_;
  InOrder<std::string> in_order_{4, [this](size_t number, std::string& value) {
                                   used_.push_back(std::to_string(number) + value);
                                 }};
};

TEST_F(InOrderTest, WhatComesEarlyWaitsForWhatIsBeforeIt) {
  in_order_.Give(1, "b");
  in_order_.Give(2, "c");
  EXPECT_THAT(used_, IsEmpty());
  in_order_.Give(0, "a");
  EXPECT_THAT(used_, ElementsAre("0a", "1b", "2c"));
  in_order_.Give(3, "d");
  EXPECT_THAT(used_, ElementsAre("0a", "1b", "2c", "3d"));
}

TEST_F(InOrderTest, WhatStillWaitsIsUsedAtTheEndAndOnce) {
  in_order_.Give(3, "d");
  in_order_.Give(1, "b");
  in_order_.Finish();
  EXPECT_THAT(used_, ElementsAre("1b", "3d"));
  in_order_.Finish();
  EXPECT_THAT(used_, ElementsAre("1b", "3d"));
}

}  // namespace
}  // namespace hupstorm
