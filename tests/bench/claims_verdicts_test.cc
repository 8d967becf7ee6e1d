// The rules by which figures become verdicts, on figures that are made up: each verdict both ways.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/claims/verdicts.h"

namespace hupstorm {
namespace {

using ::testing::HasSubstr;

constexpr MultiplexerKind kSelect = MultiplexerKind::kSelect;
constexpr MultiplexerKind kPoll = MultiplexerKind::kPoll;
constexpr MultiplexerKind kLevel = MultiplexerKind::kEpollLevel;
constexpr MultiplexerKind kEdge = MultiplexerKind::kEpollEdge;

void AddWaits(ClaimFigures& figures, MultiplexerKind form, const std::vector<double>& costs,
              Load load = Load::kOne) {
  int connections = 1;
  for (const double cost : costs) {
    figures.waits.push_back({.form = form,
                             .connections = connections,
                             .load = load,
                             .active = ActiveOf(load, connections),
                             .cpu_ns = {{cost}},
                             .bytes = cost / 10});
    connections *= 10;
  }
}

// As on a Linux of today, about.
ClaimFigures Usual() {
  ClaimFigures figures;
  AddWaits(figures, kSelect, {1000, 1100, 3000, 25'000});
  AddWaits(figures, kPoll, {900, 1000, 4000, 30'000, 300'000});
  AddWaits(figures, kLevel, {1000, 1000, 1010, 1020, 1030});
  AddWaits(figures, kEdge, {950, 950, 960, 970, 980});
  figures.select_limit = {.fd_setsize = 1024,
                          .takes_last = true,
                          .takes_next = false,
                          .others_take_next = true,
                          .kernel_takes_next = true,
                          .clients = 1100,
                          .served_by_select = 1015,
                          .served_by_poll = 1100};
  figures.epoll_memory = {.mmap_error = ENODEV, .bytes_written_by_wait = 12};
  return figures;
}

void AddEchoes(ClaimFigures& figures, int active, double level, double edge) {
  figures.echoes.push_back(
      {.form = kLevel, .clients = 100, .active = active, .cpu_ns = {{level}}, .calls = 3});
  figures.echoes.push_back(
      {.form = kEdge, .clients = 100, .active = active, .cpu_ns = {{edge}}, .calls = 4});
}

TEST(ClaimVerdictsTest, CostGrowsFromTheNumberOnWhichBothSelectAndPollCostTwice) {
  const Judgement judged = JudgeGrowth(Usual());
  EXPECT_EQ(judged.verdict, Verdict::kHolds);
  EXPECT_EQ(judged.text, "holds from 100 connections on");
  EXPECT_THAT(judged.because, HasSubstr("poll 900 to 300000 ns"));
}

TEST(ClaimVerdictsTest, CostDoesNotGrowWhereSelectAndPollStayAsTheyAre) {
  ClaimFigures figures;
  for (const MultiplexerKind form : {kSelect, kPoll, kLevel, kEdge}) {
    AddWaits(figures, form, {1000, 1100, 1200});
  }
  EXPECT_EQ(JudgeGrowth(figures).verdict, Verdict::kFalse);
}

TEST(ClaimVerdictsTest, CostDependsWhereEpollGrowsToo) {
  ClaimFigures figures = Usual();
  for (WaitFigure& each : figures.waits) {
    if (each.form == kEdge && each.connections == 10'000) each.cpu_ns = {{5000}};
  }
  const Judgement judged = JudgeGrowth(figures);
  EXPECT_EQ(judged.verdict, Verdict::kDepends);
  EXPECT_EQ(judged.text, "depends: epoll grows too");
}

TEST(ClaimVerdictsTest, AFigureThatFallsAgainHasNotGrownFromThereOn) {
  ClaimFigures figures = Usual();
  for (WaitFigure& each : figures.waits) {
    if (each.form == kSelect && each.connections == 1000) each.cpu_ns = {{1500}};
  }
  EXPECT_EQ(JudgeGrowth(figures).text, "depends: one of select and poll grows");
}

TEST(ClaimVerdictsTest, CopyingIsJudgedByBytes) {
  ClaimFigures figures = Usual();
  EXPECT_EQ(JudgeCopying(figures).verdict, Verdict::kHolds);
  for (WaitFigure& each : figures.waits) each.bytes = 12;
  EXPECT_EQ(JudgeCopying(figures).verdict, Verdict::kFalse);
}

TEST(ClaimVerdictsTest, SelectEndsAtFdSetsize) {
  ClaimFigures figures = Usual();
  const Judgement judged = JudgeSelectLimit(figures);
  EXPECT_EQ(judged.verdict, Verdict::kHolds);
  EXPECT_THAT(judged.because, HasSubstr("1015 of 1100 clients"));
  figures.select_limit.takes_next = true;
  figures.select_limit.served_by_select = 1100;
  EXPECT_EQ(JudgeSelectLimit(figures).verdict, Verdict::kFalse);
  figures.select_limit = {.fd_setsize = 1024, .takes_last = false, .takes_next = false};
  figures.select_limit.clients = 1100;
  EXPECT_EQ(JudgeSelectLimit(figures).verdict, Verdict::kDepends);
}

TEST(ClaimVerdictsTest, PollAndEpollHaveNoSuchLimit) {
  ClaimFigures figures = Usual();
  EXPECT_EQ(JudgeNoLimit(figures).text, "holds, up to 10000 tried");
  figures.select_limit.others_take_next = false;
  EXPECT_EQ(JudgeNoLimit(figures).verdict, Verdict::kFalse);
}

TEST(ClaimVerdictsTest, NoLimitIsNotShownByFewerConnectionsThanTheLimit) {
  ClaimFigures figures = Usual();
  std::erase_if(figures.waits, [](const WaitFigure& each) { return each.connections > 1000; });
  EXPECT_EQ(JudgeNoLimit(figures).verdict, Verdict::kDepends);
}

TEST(ClaimVerdictsTest, EdgeTriggeringIsFasterWhereTheServerIsSoAtEachLoad) {
  ClaimFigures figures = Usual();
  AddEchoes(figures, 1, 5000, 4000);
  AddEchoes(figures, 100, 3000, 2000);
  EXPECT_EQ(JudgeEdgeTriggered(figures).verdict, Verdict::kHolds);
  AddEchoes(figures, 50, 3000, 3100);
  EXPECT_EQ(JudgeEdgeTriggered(figures).text, "depends: the server is faster at 2 of 3 loads");
}

TEST(ClaimVerdictsTest, EdgeTriggeringIsNotFasterWhereNeitherTheServerNorTheWaitIs) {
  ClaimFigures figures = Usual();  // where the wait takes 0.95 times as long
  AddEchoes(figures, 1, 5000, 6000);
  const Judgement judged = JudgeEdgeTriggered(figures);
  EXPECT_EQ(judged.verdict, Verdict::kFalse);
  EXPECT_THAT(judged.because, HasSubstr("1.20 times the time, 4 calls per echo to 3"));
}

TEST(ClaimVerdictsTest, EdgeTriggeringDependsWhereOnlyTheWaitIsFaster) {
  ClaimFigures figures = Usual();
  AddEchoes(figures, 1, 5000, 5000);
  for (WaitFigure& each : figures.waits) {
    if (each.form == kEdge) each.cpu_ns = {{700}};
  }
  EXPECT_EQ(JudgeEdgeTriggered(figures).text,
            "depends: the wait is faster, the whole server is not");
}

TEST(ClaimVerdictsTest, FormsAreComparedTurnByTurn) {
  // The machine was ten times as slow in the second turn, and all forms were.
  ClaimFigures figures;
  figures.echoes = {{.form = kLevel, .clients = 10, .active = 1, .cpu_ns = {{1000, 10'000, 1100}}},
                    {.form = kEdge, .clients = 10, .active = 1, .cpu_ns = {{800, 8000, 880}}}};
  EXPECT_THAT(JudgeEdgeTriggered(figures).because, HasSubstr("0.80 times the time"));
  for (const MultiplexerKind form : {kSelect, kPoll, kLevel}) AddWaits(figures, form, {0});
  figures.waits[0].cpu_ns = {{1000, 10'000, 1000}};
  figures.waits[1].cpu_ns = {{2000, 20'000, 2000}};
  figures.waits[2].cpu_ns = {{500, 5000, 600}};
  EXPECT_THAT(JudgeEpollNotAlwaysBetter(figures).because, HasSubstr("(x 0.5 with 1,"));
}

TEST(ClaimVerdictsTest, EpollIsNotAlwaysBetterWhereItIsFromSomeNumberOn) {
  ClaimFigures figures = Usual();
  const Judgement judged = JudgeEpollNotAlwaysBetter(figures);
  EXPECT_EQ(judged.verdict, Verdict::kHolds);
  EXPECT_EQ(judged.text, "holds; better from 100 on with one active");
  EXPECT_THAT(judged.because, HasSubstr("one active: epoll is better from 100 on (x 1.11 with 1,"));
}

TEST(ClaimVerdictsTest, EpollIsAlwaysBetterWhereItIsAtEachNumberAndLoad) {
  ClaimFigures figures;
  for (const Load load : {Load::kOne, Load::kAll}) {
    AddWaits(figures, kSelect, {1000, 2000}, load);
    AddWaits(figures, kPoll, {1000, 2000}, load);
    AddWaits(figures, kLevel, {500, 500}, load);
  }
  EXPECT_EQ(JudgeEpollNotAlwaysBetter(figures).verdict, Verdict::kFalse);
  for (WaitFigure& each : figures.waits) {
    if (each.form == kLevel && each.load == Load::kAll) each.cpu_ns = {{3000}};
  }
  const Judgement judged = JudgeEpollNotAlwaysBetter(figures);
  EXPECT_EQ(judged.verdict, Verdict::kHolds);
  EXPECT_THAT(judged.because, HasSubstr("all active: epoll is better nowhere"));
}

TEST(ClaimVerdictsTest, EpollThatIsNowhereBetterDepends) {
  ClaimFigures figures;
  AddWaits(figures, kSelect, {100, 100});
  AddWaits(figures, kPoll, {100, 100});
  AddWaits(figures, kLevel, {100, 100});
  EXPECT_EQ(JudgeEpollNotAlwaysBetter(figures).verdict, Verdict::kDepends);
}

TEST(ClaimVerdictsTest, MemoryIsSharedWhereAllThreeWitnessesSaySo) {
  ClaimFigures figures = Usual();
  const Judgement judged = JudgeSharedMemory(figures);
  EXPECT_EQ(judged.verdict, Verdict::kFalse);
  EXPECT_THAT(judged.because, HasSubstr("mmap of an epoll descriptor: ENODEV"));
  figures.epoll_memory.maps_changed = true;
  EXPECT_EQ(JudgeSharedMemory(figures).verdict, Verdict::kDepends);
  figures.epoll_memory.mmap_error = 0;
  figures.epoll_memory.array_changed_by_event = true;
  EXPECT_EQ(JudgeSharedMemory(figures).verdict, Verdict::kHolds);
}

TEST(ClaimVerdictsTest, EachJudgementSaysWhoClaimsItAndByWhichRuleItIsJudged) {
  ClaimFigures figures = Usual();
  AddEchoes(figures, 1, 5000, 5100);
  for (const Judgement& each : JudgeClaims(figures)) {
    EXPECT_FALSE(each.id.empty());
    EXPECT_THAT(each.documents, HasSubstr("00")) << each.id;
    EXPECT_FALSE(each.because.empty()) << each.id;
    EXPECT_FALSE(each.rule.empty()) << each.id;
    EXPECT_FALSE(each.text.empty()) << each.id;
  }
}

}  // namespace
}  // namespace hupstorm
