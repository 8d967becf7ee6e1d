#include "tools/report/clean_text.h"

#include <gtest/gtest.h>

namespace hupstorm {
namespace {

using std::string_literals::operator""s;

constexpr char kBad[] = "\xEF\xBF\xBD";

TEST(CleanTextTest, WhatIsValidStaysAsItIs) {
  const std::string text = "tab\t line\n return\r \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80 \x7F";
  EXPECT_EQ(CleanText(text), text);
}

TEST(CleanTextTest, ControlCharactersAreReplaced) {
  EXPECT_EQ(CleanText("a\0b\x1b[0m\x08"s), "a"s + kBad + "b" + kBad + "[0m" + kBad);
}

TEST(CleanTextTest, BytesThatAreNoUtf8AreReplacedOneByOne) {
  EXPECT_EQ(CleanText("\xFF\xC3("), std::string(kBad) + kBad + "(");
  EXPECT_EQ(CleanText("\xE2\x82"), std::string(kBad) + kBad) << "cut short";
  EXPECT_EQ(CleanText("\xC0\x80"), std::string(kBad) + kBad) << "a longer form than needed";
  EXPECT_EQ(CleanText("\xED\xA0\x80"), std::string(kBad) + kBad + kBad) << "a surrogate";
  EXPECT_EQ(CleanText("\xF4\x90\x80\x80"), std::string(kBad) + kBad + kBad + kBad)
      << "beyond U+10FFFF";
}

}  // namespace
}  // namespace hupstorm
