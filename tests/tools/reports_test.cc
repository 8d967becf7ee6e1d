// Reports made from results that are written down here.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "tools/cli/suggest.h"
#include "tools/cli/text_table.h"
#include "tools/report/bugs.h"
#include "tools/report/findings_report.h"
#include "tools/report/time_line.h"

namespace hupstorm {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Kind = TimeLineEntry::Kind;
const Style kPlain(false);

TEST(TimeLineTest, ShowsEachKindInItsOwnStyleAndTheTimeWhereItChanges) {
  const std::vector<TimeLineEntry> entries = {
      {Kind::kStep, 0, 4, "a connect"},
      {Kind::kCall, 0, 0, "accept4(256, NULL, NULL, 0) = 258"},
      {Kind::kPlacedStep, 0, 6, "a reset"},
      {Kind::kLog, 0, 0, "hello"},
      {Kind::kClock, 30'000'001'000, 0, "30s"},
      {Kind::kEpilogue, 30'000'001'000, 0, "all clients close"},
      {Kind::kFinding, 30'000'001'000, 0, "fd-leak: 1 more than at start"},
  };
  EXPECT_EQ(TimeLineText(entries, false, kPlain),
            "    0.000000  > a connect   (line 4)\n"
            "                      accept4(256, NULL, NULL, 0) = 258\n"
            "                  >> a reset   (inside the next call, line 6)\n"
            "                      | hello\n"
            "   30.000001  ~ the clock moves on by 30s\n"
            "              - all clients close\n"
            "              !!! fd-leak: 1 more than at start\n");
}

// `turns` of a loop of `length` calls, between two steps.
std::vector<TimeLineEntry> Loop(int turns, int length) {
  std::vector<TimeLineEntry> entries = {{Kind::kStep, 0, 1, "before"}};
  for (int turn = 0; turn < turns; ++turn) {
    for (int i = 0; i < length; ++i) {
      entries.push_back({Kind::kCall, 0, 0, "call" + std::to_string(i)});
    }
  }
  entries.push_back({Kind::kStep, 0, 2, "after"});
  return entries;
}

TEST(TimeLineTest, ALoopIsShownOnceAndCounted) {
  const std::string text = TimeLineText(Loop(20, 2), false, kPlain);
  EXPECT_THAT(text, HasSubstr("call0\n                      call1\n"
                              "                      ... the 2 lines above 19 more times"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  EXPECT_THAT(TimeLineText(Loop(20, 1), false, kPlain), HasSubstr("... the line above 19 more"));
}

TEST(TimeLineTest, ACallThatIsToBlameStandsByItselfInALoop) {
  std::vector<TimeLineEntry> entries = Loop(20, 1);
  entries.insert(entries.begin() + 11, {Kind::kBlame, 0, 0, "echo.c:22: lost-bytes"});
  EXPECT_THAT(
      TimeLineText(entries, false, kPlain),
      HasSubstr("                      ... the line above 8 more times (--full shows each)\n"
                "                      call0\n"
                "                      ^ echo.c:22: lost-bytes\n"));
}

TEST(TimeLineTest, AFewTurnsAreShownAsTheyAre) {
  EXPECT_THAT(TimeLineText(Loop(3, 2), false, kPlain), Not(HasSubstr("more times")));
}

TEST(TimeLineTest, FullFoldsNothing) {
  const std::string text = TimeLineText(Loop(20, 2), true, kPlain);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 42);
}

TEST(TimeLineTest, ALoopWithAStepInItIsNoLoop) {
  std::vector<TimeLineEntry> entries;
  for (int turn = 0; turn < 10; ++turn) {
    entries.push_back({Kind::kCall, 0, 0, "call"});
    entries.push_back({Kind::kStep, 0, 1, "step"});
  }
  EXPECT_THAT(TimeLineText(entries, false, kPlain), Not(HasSubstr("more times")));
}

TEST(TimeLineTest, ALoopMayMoveOtherBytesInEachTurn) {
  std::vector<TimeLineEntry> entries;
  for (int turn = 0; turn < 10; ++turn) {
    entries.push_back({Kind::kCall, 0, 0, "recv(258, \"" + std::to_string(turn) + "\", 1) = 1"});
    entries.push_back({Kind::kLog, 0, 0, "got b'" + std::to_string(turn) + "'"});
  }
  EXPECT_EQ(TimeLineText(entries, false, kPlain),
            "    0.000000          recv(258, \"0\", 1) = 1\n"
            "                      | got b'0'\n"
            "                      ... the 2 lines above 9 more times, with other bytes "
            "(--full shows each)\n");
  entries[7].text = "got less";
  EXPECT_THAT(TimeLineText(entries, false, kPlain), HasSubstr("got less"));
}

TEST(TimeLineTest, LongLinesAreCutBetweenLetters) {
  const std::vector<TimeLineEntry> entries = {{Kind::kLog, 0, 0, "x" + std::string(100, 'y')},
                                              {Kind::kLog, 0, 0, "x"}};
  std::vector<TimeLineEntry> wide = entries;
  for (int i = 0; i < 100; ++i) wide[1].text += "ü";
  const std::string cut = TimeLineText(wide, false, kPlain);
  EXPECT_THAT(cut, HasSubstr("ü ...\n"));
  EXPECT_THAT(cut, Not(HasSubstr("y ...")));
  EXPECT_THAT(TimeLineText(wide, true, kPlain), HasSubstr("ü\n"));
}

TEST(TimeLineTest, OfLaterRoundsWhatLedToAFindingIsShown) {
  std::vector<TimeLineEntry> entries = {{Kind::kCall, 0, 0, "first round"},
                                        {Kind::kEpilogue, 0, 0, "the next round begins"}};
  for (int i = 0; i < 40; ++i) {
    entries.push_back({Kind::kCall, 0, 0, "call-" + std::string(1, static_cast<char>('A' + i))});
  }
  entries.push_back({Kind::kFinding, 0, 0, "server-died: it did"});
  const std::string text = TimeLineText(entries, false, kPlain);
  EXPECT_THAT(text, HasSubstr("first round\n              ... the same steps again"));
  EXPECT_THAT(text, Not(HasSubstr("call-A\n")));
  EXPECT_THAT(text, HasSubstr("call-h\n              !!! server-died: it did\n"));
  EXPECT_THAT(TimeLineText(entries, true, kPlain), HasSubstr("call-A\n"));
}

TEST(SocketsTest, ManyAreCutUnlessAllAreAskedFor) {
  std::vector<SocketRow> rows(100);
  for (SocketRow& row : rows) row = {"c[1]", "CLOSE-WAIT", "FIN-WAIT-2", 258, 1, 2, 3};
  EXPECT_THAT(SocketsText(rows, false), HasSubstr("... 60 more (--full shows each)"));
  EXPECT_THAT(SocketsText(rows, true), Not(HasSubstr("more")));
  EXPECT_EQ(SocketsText({}, false), "");
}

ReportedFinding Found(const char* scenario, const char* fingerprint) {
  Finding finding;
  finding.oracle = "busy-loop";
  finding.target = "doc001/poll";
  finding.scenario = scenario;
  finding.file = std::string(scenario) + ".scn";
  finding.line = 7;
  finding.evidence = "20 wake-ups";
  finding.fingerprint = fingerprint;
  return {finding, "hupstorm replay " + finding.file + " --target doc001/poll"};
}

TEST(FindingsTest, TheSameBugInManyScenariosIsShownOnce) {
  const std::vector<ReportedFinding> findings = {Found("a", "1"), Found("b", "1"), Found("c", "1"),
                                                 Found("d", "2")};
  EXPECT_EQ(FindingsText(findings, false, kPlain),
            "a.scn:7: busy-loop: 20 wake-ups\n"
            "  high, replay a.scn; the same in 2 more scenarios\n"
            "d.scn:7: busy-loop: 20 wake-ups\n"
            "  high, replay d.scn\n"
            "To see one: hupstorm replay SCENARIO --target doc001/poll\n");
  EXPECT_THAT(FindingsText(findings, true, kPlain), HasSubstr("c.scn:7: "));
}

// At a line of the server's source, with a cause.
ReportedFinding FoundAt(int line, const char* oracle, const char* scenario) {
  ReportedFinding found = Found(scenario, scenario);
  found.finding.oracle = oracle;
  found.finding.bug = std::to_string(line);
  found.finding.place.file = "connection.cc";
  found.finding.place.line = line;
  found.finding.place.function = "net::Connection::Flush";
  found.finding.place.stack.emplace_back();
  found.finding.cause = "send took 7 of 2048 bytes";
  return found;
}

TEST(FindingsTest, ABugsPlaceComesFirstAsCompilersHaveIt) {
  const std::vector<ReportedFinding> findings = {FoundAt(22, "lost-bytes", "a"),
                                                 FoundAt(22, "stalled", "b")};
  EXPECT_EQ(FindingsText(findings, false, kPlain),
            "connection.cc:22: lost-bytes: 20 wake-ups\n"
            "  high, because send took 7 of 2048 bytes in Connection::Flush; the same in 1 more "
            "scenario; also seen as stalled\n"
            "  hupstorm replay a.scn --target doc001/poll\n");
}

TEST(FindingsTest, WhatABugNeedsIsToldBehindItsCause) {
  ReportedFinding found = FoundAt(22, "lost-bytes", "a");
  Needs& needs = found.finding.needs;
  EXPECT_EQ(NeedsText(found.finding), "") << "nobody has looked";
  needs.looked = true;
  needs.scenario = "a";
  EXPECT_EQ(NeedsText(found.finding), "needs no disturbance");
  needs.all = {{"a half-closes", 4}, {"send takes at most 7 bytes", 2, "net/connection.cc:22"}};
  EXPECT_THAT(
      FindingsText({&found, 1}, false, kPlain),
      HasSubstr("in Connection::Flush; needs: a half-closes (line 4), and send takes at most "
                "7 bytes at connection.cc:22 (line 2)\n"));
  needs.all.clear();
  needs.any = {{"b resets", 5}, {"c resets", 6}};
  needs.scenario = "short-io/b";
  EXPECT_EQ(NeedsText(found.finding),
            "needs: any of b resets (short-io/b:5) or c resets (short-io/b:6)");
  needs.any.clear();
  needs.takes_more = true;
  EXPECT_EQ(NeedsText(found.finding), "needs: several of the other disturbances together");
  needs.not_known_because = "8 s were up";
  EXPECT_EQ(NeedsText(found.finding), "what it needs is not known: 8 s were up");
}

TEST(FindingsTest, ABugIsAsGraveAsItsGravestSymptom) {
  std::vector<ReportedFinding> findings = {FoundAt(22, "fd-leak", "a"), FoundAt(22, "stalled", "b"),
                                           FoundAt(23, "fd-leak", "a")};
  findings[0].finding.severity = findings[2].finding.severity = Severity::kMedium;
  EXPECT_EQ(CountBySeverity(SeveritiesOfBugs(findings)), "2 bugs: 1 high, 1 medium");
  EXPECT_EQ(CountBySeverity({}), "nothing found");
}

TEST(FindingsTest, TheGraverRanksFirstWhateverTheOracle) {
  Finding low = FoundAt(1, "server-died", "a").finding;
  low.severity = Severity::kLow;
  EXPECT_LT(RankOf(FoundAt(1, "fd-leak", "a").finding), RankOf(low));
}

TEST(FindingsTest, OfAFunctionsNameTheLastTwoPartsAreTold) {
  EXPECT_EQ(ShortName("main"), "main");
  EXPECT_EQ(ShortName("hupstorm::net::Connection::Flush"), "Connection::Flush");
  EXPECT_EQ(ShortName("net::(anonymous namespace)::Flush"), "Flush");
  EXPECT_EQ(ShortName("Map<a::b, c::d>::Set"), "Map<a::b, c::d>::Set");
  EXPECT_EQ(ShortName("<echo::Client as echo::Peer>::write"),
            "<echo::Client as echo::Peer>::write");
}

TEST(FindingsTest, ReplayCommandsSurviveTheShell) {
  Finding finding = Found("x", "1").finding;
  EXPECT_EQ(ReplayCommand("bin/hupstorm", finding, TargetOptions(finding.target, "none")),
            "bin/hupstorm replay x.scn --target doc001/poll");
  finding.file = "it's here.scn";
  EXPECT_EQ(
      ReplayCommand("hupstorm", finding, TargetOptions(finding.target, "all-but=fin-ignored")),
      "hupstorm replay 'it'\\''s here.scn' --target doc001/poll --mend all-but=fin-ignored");
}

TEST(FindingsTest, AFindingBeforeAnyStepHasNoLine) {
  Finding finding = Found("x", "1").finding;
  finding.line = 0;
  EXPECT_EQ(ScenarioPlace(finding), "x.scn");
}

TEST(NearestNameTest, PrefersWhatEndsInTheTypedNameThenFewestEdits) {
  const std::array<std::string, 4> names = {"doc000/epoll-queue", "doc001/poll", "reference/poll",
                                            "reference/epoll-lt"};
  EXPECT_EQ(NearestName("epoll-queue", names), "doc000/epoll-queue");
  EXPECT_EQ(NearestName("doc001/pol", names), "doc001/poll");
  EXPECT_EQ(NearestName("referense/poll", names), "reference/poll");
  EXPECT_EQ(NearestName("queue", names), "doc000/epoll-queue");
  EXPECT_EQ(NearestName("something-else", names), "");
  EXPECT_EQ(NearestName("", names), "");
  EXPECT_EQ(NearestName(std::string(100'000, 'x'), names), "");
}

TEST(TextTableTest, AlignsColumnsByLettersNotBytes) {
  TextTable table({"A", "B"});
  table.Add({"grün", "x"});
  table.Add({"green", ""});
  EXPECT_EQ(table.ToString(), "A      B\ngrün   x\ngreen\n");
}

TEST(WrapTextTest, FillsParagraphsAndKeepsWhatIsLaidOut) {
  EXPECT_EQ(WrapText("one two\nthree four\n\n  - as it is\nlast", 12, 2),
            "  one two\n  three four\n\n    - as it is\n  last\n");
}

}  // namespace
}  // namespace hupstorm
