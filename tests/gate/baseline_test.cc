#include "tools/gate/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Property;
using testing::StartsWith;

Finding FindingOf(const std::string& target, const std::string& oracle, const std::string& print) {
  Finding finding;
  finding.target = target;
  finding.oracle = oracle;
  finding.fingerprint = print;
  return finding;
}

constexpr char kPrint[] = "0123456789abcdef";

TEST(BaselineTest, CommentsAndEmptyLinesAreForReaders) {
  const Baseline baseline =
      Baseline::Parse("# a\n\n  \t\r\ndoc001/poll busy-loop 0123456789abcdef # why\n", "b");
  ASSERT_EQ(baseline.entries().size(), 1u);
  EXPECT_EQ(baseline.entries()[0].comment, "why");
  EXPECT_TRUE(baseline.Has(FindingOf("doc001/poll", "busy-loop", kPrint)));
}

TEST(BaselineTest, AFindingIsKnownByAllThreeWords) {
  const Baseline baseline = Baseline::Parse("a busy-loop 0123456789abcdef", "b");
  EXPECT_TRUE(baseline.Has(FindingOf("a", "busy-loop", kPrint)));
  EXPECT_FALSE(baseline.Has(FindingOf("b", "busy-loop", kPrint)));
  EXPECT_FALSE(baseline.Has(FindingOf("a", "stalled", kPrint)));
  EXPECT_FALSE(baseline.Has(FindingOf("a", "busy-loop", "0123456789abcdee")));
}

TEST(BaselineTest, ATargetWithBlanksAndQuotesIsReadBackAsItWas) {
  const std::string target = "python3 'my server.py' {port} # x";
  const std::string text =
      BaselineText({EntryFor(FindingOf(target, "fd-leak", kPrint))}, Baseline());
  EXPECT_TRUE(Baseline::Parse(text, "b").Has(FindingOf(target, "fd-leak", kPrint))) << text;
}

TEST(BaselineTest, TheTextIsSortedAndHoldsEachOnce) {
  const std::string text = BaselineText({{"b", "x", kPrint, ""},
                                         {"a", "y", kPrint, ""},
                                         {"a", "x", kPrint, ""},
                                         {"b", "x", kPrint, ""}},
                                        Baseline());
  EXPECT_THAT(text, EndsWith("anew.\na x 0123456789abcdef\na y 0123456789abcdef\nb x "
                             "0123456789abcdef\n"));
}

TEST(BaselineTest, CommentsStayWhenItIsWrittenAnew) {
  const Baseline former = Baseline::Parse("a x 0123456789abcdef   # ticket 7: why \n", "b");
  const std::string text = BaselineText({{"a", "x", kPrint, ""}, {"a", "y", kPrint, ""}}, former);
  EXPECT_THAT(text, HasSubstr("a x 0123456789abcdef  # ticket 7: why\na y 0123456789abcdef\n"));
  EXPECT_EQ(
      BaselineText({{"a", "y", kPrint, ""}, {"a", "x", kPrint, ""}}, Baseline::Parse(text, "b")),
      text);
}

struct Mistake {
  std::string text;
  std::string place;
  std::string why;
};
void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.text; }

class BaselineMistakeTest : public testing::TestWithParam<Mistake> {};

TEST_P(BaselineMistakeTest, IsRefusedWithItsPlace) {
  try {
    Baseline::Parse(GetParam().text, "b");
    FAIL() << "it was taken";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), StartsWith(GetParam().place));
    EXPECT_THAT(error.what(), HasSubstr(GetParam().why));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, BaselineMistakeTest,
    testing::Values(Mistake{"a", "b:1:2: ", "an oracle is missing"},
                    Mistake{"\na x # no print", "b:2:5: ", "a fingerprint is missing"},
                    Mistake{"a x 0123", "b:1:5: ", "\"0123\" is no fingerprint"},
                    Mistake{"a x 0123456789ABCDEF", "b:1:5: ", "is no fingerprint"},
                    Mistake{"'a x 0123456789abcdef", "b:1:1: ", "a quote is not closed"},
                    Mistake{"a x 0123456789abcdef y", "b:1:22: ", "nothing but a comment"}));

}  // namespace
}  // namespace hupstorm
