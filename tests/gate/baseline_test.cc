#include "tools/gate/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

using testing::ElementsAre;
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
  EXPECT_TRUE(baseline.Tolerates(FindingOf("doc001/poll", "busy-loop", kPrint), true));
}

TEST(BaselineTest, AFindingIsKnownByAllThreeWords) {
  const Baseline baseline = Baseline::Parse("a busy-loop 0123456789abcdef", "b");
  EXPECT_TRUE(baseline.Find(FindingOf("a", "busy-loop", kPrint)));
  EXPECT_FALSE(baseline.Find(FindingOf("b", "busy-loop", kPrint)));
  EXPECT_FALSE(baseline.Find(FindingOf("a", "stalled", kPrint)));
  EXPECT_FALSE(baseline.Find(FindingOf("a", "busy-loop", "0123456789abcdee")));
}

TEST(BaselineTest, ATargetWithBlanksAndQuotesIsReadBackAsItWas) {
  const std::string target = "python3 'my server.py' {port} # x";
  const std::string text = BaselineText({{target, "fd-leak", kPrint, "", {"my scenario.scn"}}});
  const Baseline baseline = Baseline::Parse(text, "b");
  ASSERT_NE(baseline.Find(FindingOf(target, "fd-leak", kPrint)), nullptr) << text;
  EXPECT_THAT(baseline.Find(FindingOf(target, "fd-leak", kPrint))->shown_in,
              ElementsAre("my scenario.scn"));
}

TEST(BaselineTest, TheTextIsSortedAndHoldsEachOnce) {
  const std::string text = BaselineText({{"b", "x", kPrint, ""},
                                         {"a", "y", kPrint, ""},
                                         {"a", "x", kPrint, ""},
                                         {"b", "x", kPrint, ""}});
  EXPECT_THAT(text, EndsWith("anew.\na x 0123456789abcdef\na y 0123456789abcdef\nb x "
                             "0123456789abcdef\n"));
}

// A bug with these symptoms, all seen in one scenario.
GateFinding BugWith(const std::vector<Symptom>& symptoms, const std::string& bug) {
  GateFinding found;
  found.finding = FindingOf("a", symptoms.front().oracle, symptoms.front().fingerprint);
  found.finding.bug = bug;
  found.symptoms = symptoms;
  return found;
}

constexpr char kBug[] = "fedcba9876543210";
constexpr char kOtherPrint[] = "00112233445566aa";

TEST(BaselineTest, CommentsStayWhenItIsWrittenAnew) {
  const Baseline former = Baseline::Parse("a x fedcba9876543210   # ticket 7: why \n", "b");
  const std::string text =
      BaselineText(EntriesFor(BugWith({{"x", kPrint, {}}, {"y", kOtherPrint, {}}}, kBug), former));
  EXPECT_THAT(text, HasSubstr("a x fedcba9876543210  # ticket 7: why\na y fedcba9876543210\n"));
}

TEST(BaselineTest, AnOlderFileKnowsFindingsByTheirFingerprints) {
  const Baseline older = Baseline::Parse("a x 0123456789abcdef\nin reset/idle", "b");
  Finding finding = FindingOf("a", "x", kPrint);
  finding.bug = kBug;
  finding.scenario = "reset/idle";
  EXPECT_TRUE(older.Tolerates(finding, /*in_suite=*/true));
  finding.fingerprint = kOtherPrint;
  EXPECT_FALSE(older.Tolerates(finding, /*in_suite=*/true));
}

TEST(BaselineTest, WrittenAnewAnOlderFileNamesBugsAndKeepsAllItsComments) {
  const Baseline older =
      Baseline::Parse("a x 0123456789abcdef  # one\na x 00112233445566aa  # another\n", "b");
  const std::string text = BaselineText(
      EntriesFor(BugWith({{"x", kPrint, {"s"}}, {"x", kOtherPrint, {"t"}}}, kBug), older));
  EXPECT_THAT(text, EndsWith("a x fedcba9876543210  # another; one\n  in s t\n"));
}

TEST(BaselineTest, AnotherSymptomOfAKnownBugIsNew) {
  const Baseline baseline = Baseline::Parse("a x fedcba9876543210", "b");
  Finding finding = FindingOf("a", "y", kOtherPrint);
  finding.bug = kBug;
  EXPECT_TRUE(baseline.HasBug(finding));
  EXPECT_FALSE(baseline.Tolerates(finding, /*in_suite=*/false));
}

TEST(BaselineTest, WhatItNamesByAFingerprintIsCountedAndWhatDidNotShowIsGone) {
  const Baseline baseline = Baseline::Parse(
      "a x 0123456789abcdef\na y fedcba9876543210\na z fedcba9876543210\nin s\n"
      "other x 0123456789abcdef\n",
      "b");
  GateReport report;
  report.areas.emplace_back().cases.push_back({.name = "s", .target = "a"});
  report.findings.push_back(BugWith({{"x", kPrint, {"s"}}, {"y", kOtherPrint, {"s"}}}, kBug));
  NoteBaseline(baseline, report);
  EXPECT_EQ(report.known_by_fingerprint, 1u);
  EXPECT_EQ(report.known_anywhere, 2u);
  ASSERT_EQ(report.gone.size(), 1u) << "of a target that was not judged nothing is known";
  EXPECT_EQ(report.gone[0].oracle, "z");
}

TEST(BaselineTest, ItToleratesAFindingInTheScenariosThatItNames) {
  const Baseline baseline = Baseline::Parse(
      "a x 0123456789abcdef  # why\n  in reset/idle half-close/idle\n  in sweep\n", "b");
  ASSERT_EQ(baseline.entries().size(), 1u);
  EXPECT_THAT(baseline.entries()[0].shown_in,
              ElementsAre("half-close/idle", "reset/idle", "sweep"));
  Finding finding = FindingOf("a", "x", kPrint);
  finding.scenario = "reset/idle";
  EXPECT_TRUE(baseline.Tolerates(finding, /*in_suite=*/true));
  finding.scenario = "reset/all-at-once";
  EXPECT_FALSE(baseline.Tolerates(finding, /*in_suite=*/true));
  EXPECT_TRUE(baseline.Tolerates(finding, /*in_suite=*/false)) << "it was made at random";
}

TEST(BaselineTest, AnOlderFileToleratesAFindingInAnyScenario) {
  Finding finding = FindingOf("a", "x", kPrint);
  finding.scenario = "reset/idle";
  EXPECT_TRUE(Baseline::Parse("a x 0123456789abcdef", "b").Tolerates(finding, true));
}

TEST(BaselineTest, WhatIsOfTheSweepAloneIsNewInAScenario) {
  Finding finding = FindingOf("a", "x", kPrint);
  finding.scenario = "reset/idle";
  EXPECT_FALSE(Baseline::Parse("a x 0123456789abcdef\nin sweep", "b").Tolerates(finding, true));
}

TEST(BaselineTest, TheScenariosOfEqualEntriesAreJoinedAndBrokenIntoLines) {
  std::set<std::string> many;
  for (int i = 100; i < 130; ++i) many.insert("folder/" + std::to_string(i));
  const std::string text =
      BaselineText({{"a", "x", kPrint, "", many}, {"a", "x", kPrint, "", {"b/c"}}});
  many.insert("b/c");
  EXPECT_EQ(Baseline::Parse(text, "b").entries().at(0).shown_in, many) << text;
  EXPECT_EQ(Baseline::Parse(text, "b").entries().size(), 1u);
  EXPECT_THAT(text, HasSubstr("\n  in b/c folder/100 "));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
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
                    Mistake{"\na x # no print", "b:2:5: ", "a bug's number is missing"},
                    Mistake{"a x 0123", "b:1:5: ", "\"0123\" is no number of a bug"},
                    Mistake{"a x 0123456789ABCDEF", "b:1:5: ", "is no number of a bug"},
                    Mistake{"'a x 0123456789abcdef", "b:1:1: ", "a quote is not closed"},
                    Mistake{"in a/b", "b:1:1: ", "no finding stands before these scenarios"},
                    Mistake{"a x 0123456789abcdef\n in ", "b:2:5: ", "a scenario is missing"},
                    Mistake{"a x 0123456789abcdef y", "b:1:22: ", "nothing but a comment"}));

}  // namespace
}  // namespace hupstorm
