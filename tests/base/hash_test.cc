#include "base/hash.h"

#include <gtest/gtest.h>

namespace hupstorm {
namespace {

// Of the test vectors of FNV, those with the zero byte that ends a text.
TEST(Fnv1aTest, GivesThePublishedValues) {
  EXPECT_EQ(Fnv1a().value(), 0xcbf29ce484222325u);
  EXPECT_EQ(Fnv1a().Add("").value(), 0xaf63bd4c8601b7dfu);
  EXPECT_EQ(Fnv1a().Add("foobar").value(), 0x34531ca7168b8f38u);
}

TEST(Fnv1aTest, TellsWhereATextEnds) {
  EXPECT_NE(Fnv1a().Add("ab").Add("c").value(), Fnv1a().Add("a").Add("bc").value());
}

TEST(Fnv1aTest, TakesANumberAsItsBytesFromTheLowest) {
  EXPECT_EQ(Fnv1a().Add(uint64_t{0x72}).value(),
            Fnv1a().Add("r").Add("").Add("").Add("").Add("").Add("").Add("").value());
}

TEST(NumberHashTest, TellsTheOrderOfItsNumbers) {
  EXPECT_EQ(NumberHash().Add(1).Add(2).value(), NumberHash().Add(1).Add(2).value());
  EXPECT_NE(NumberHash().Add(1).Add(2).value(), NumberHash().Add(2).Add(1).value());
  EXPECT_NE(NumberHash(1).Add(1).value(), NumberHash(2).Add(1).value());
}

}  // namespace
}  // namespace hupstorm
