#include "base/nearest_word.h"

#include <gtest/gtest.h>

#include <string_view>

namespace hupstorm {
namespace {

constexpr std::string_view kWords[] = {"connect", "close", "reset", "reads"};

TEST(NearestWordTest, TakesTheOneWithTheFewestEdits) {
  EXPECT_EQ(NearestWord("conect", kWords), "connect");
  EXPECT_EQ(NearestWord("rseet", kWords), "reset");
  EXPECT_EQ(NearestWord("CLOSED", kWords), "close");
}

TEST(NearestWordTest, GuessesNothingThatIsFarOff) {
  EXPECT_EQ(NearestWord("shutdown", kWords), "");
  EXPECT_EQ(NearestWord("", kWords), "");
  EXPECT_EQ(NearestWord("a-word-that-is-longer-than-all", kWords), "");
}

}  // namespace
}  // namespace hupstorm
