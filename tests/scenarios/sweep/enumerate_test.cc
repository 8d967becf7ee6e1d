// What can go wrong at a call, from what is known of the call.

#include "scenarios/sweep/enumerate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"

namespace hupstorm {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr uint32_t Bit(FaultOutcome outcome) { return 1u << static_cast<int>(outcome); }

Clients Client(char letter, uint32_t index = 0) {
  return {.letter = letter, .first = index, .last = index};
}

// A recv or send on a's connection that moved `result` bytes of 1,024.
LoggedCall Transfer(Call call, int64_t result) {
  LoggedCall logged;
  logged.call = call;
  logged.result = result;
  logged.length = 1024;
  logged.step = 1;
  logged.has_client = logged.on_connection = logged.may_reset = logged.may_shut = true;
  logged.client = Client('a');
  logged.faults =
      Bit(FaultOutcome::kShort) | Bit(FaultOutcome::kEagain) | Bit(FaultOutcome::kEconnreset);
  return logged;
}

LoggedCall Wait() {
  LoggedCall logged;
  logged.call = Call::kEpollWait;
  logged.result = 1;
  logged.step = 1;
  logged.faults = Bit(FaultOutcome::kEintr);
  return logged;
}

std::vector<std::string> Texts(const std::vector<Disturbance>& disturbances) {
  std::vector<std::string> texts;
  for (const Disturbance& disturbance : disturbances) {
    Step step;
    Write(disturbance, step);
    texts.push_back(PrintStep(step));
  }
  return texts;
}

std::vector<std::string> TextsOf(const std::vector<LoggedCall>& calls, bool all = true) {
  CallLog log;
  log.watched = {Client('a'), Client('b')};
  log.calls = calls;
  Choice choice;
  choice.all = all;
  return Texts(Enumerate(log, choice).disturbances);
}

TEST(EnumerateTest, ARecvIsCutShortRefusedAndItsClientEndsTheConnection) {
  EXPECT_THAT(TextsOf({Transfer(Call::kRecv, 100)}),
              ElementsAre("at recv 1 of a: fault recv short 1 once",
                          "at recv 1 of a: fault recv short 99 once",
                          "at recv 1 of a: fault recv EAGAIN once", "at recv 1 of a: a reset",
                          "at recv 1 of a: a shutdown write", "at recv 1 of a: wait 30s",
                          "at recv 1 of a: server stop"));
}

TEST(EnumerateTest, AByteIsNotCutShort) {
  EXPECT_THAT(TextsOf({Transfer(Call::kRecv, 1)}),
              Not(Contains("at recv 1 of a: fault recv short 1 once")));
}

TEST(EnumerateTest, WhatHadNothingIsNotRefusedAgain) {
  LoggedCall call = Transfer(Call::kRecv, -1);
  call.error = EAGAIN;
  EXPECT_THAT(TextsOf({call}), Not(Contains("at recv 1 of a: fault recv EAGAIN once")));
}

TEST(EnumerateTest, AfterTheClientsFinARecvIsNotRefused) {
  LoggedCall call = Transfer(Call::kRecv, 10);
  call.input_ended = true;
  EXPECT_THAT(TextsOf({call}), Not(Contains("at recv 1 of a: fault recv EAGAIN once")));
}

TEST(EnumerateTest, AClientThatHasEndedItsConnectionDoesNothingMore) {
  LoggedCall call = Transfer(Call::kRecv, 1);
  call.may_reset = call.may_shut = false;
  call.faults = 0;
  EXPECT_THAT(TextsOf({call}),
              ElementsAre("at recv 1 of a: wait 30s", "at recv 1 of a: server stop"));
}

TEST(EnumerateTest, OnlyAWaitThatSleptIsInterrupted) {
  LoggedCall call = Wait();
  EXPECT_THAT(TextsOf({call}), ElementsAre("at wait 1: wait 30s", "at wait 1: server stop"));
  call.slept = true;
  EXPECT_THAT(TextsOf({call}), Contains("at wait 1: fault wait EINTR once"));
}

TEST(EnumerateTest, WhileTheServerWaitsEachGroupMayEndItsConnection) {
  LoggedCall call = Wait();
  call.watched_may_reset = 0b11;
  call.watched_may_shut = 0b10;
  EXPECT_THAT(TextsOf({call}),
              ElementsAre("at wait 1: a reset", "at wait 1: b reset", "at wait 1: b shutdown write",
                          "at wait 1: wait 30s", "at wait 1: server stop"));
}

TEST(EnumerateTest, CallsAreCountedAsTheLanguageDoes) {
  LoggedCall other;
  other.call = Call::kGetsockname;
  LoggedCall of_b = Transfer(Call::kRecv, 1);
  of_b.client = Client('b');
  of_b.faults = 0;
  LoggedCall of_a = Transfer(Call::kRecv, 1);
  of_a.faults = 0;
  const std::vector<std::string> texts = TextsOf({of_a, other, of_b, of_a});
  EXPECT_THAT(texts, Contains("at recv 1 of b: wait 30s"));
  EXPECT_THAT(texts, Contains("at recv 2 of a: wait 30s"));
  EXPECT_THAT(texts, Contains("at call 2: wait 30s"));
}

TEST(EnumerateTest, OfCallsThatAreAlikeTheFirstTheSecondAndTheLastAreTaken) {
  LoggedCall call = Transfer(Call::kRecv, 1);
  call.faults = 0;
  call.may_reset = call.may_shut = false;
  CallLog log;
  log.calls.assign(10, call);
  const Enumeration some = Enumerate(log, {});
  EXPECT_THAT(Texts(some.disturbances),
              ElementsAre("at recv 1 of a: wait 30s", "at recv 1 of a: server stop",
                          "at recv 2 of a: wait 30s", "at recv 2 of a: server stop",
                          "at recv 10 of a: wait 30s", "at recv 10 of a: server stop"));
  EXPECT_EQ(some.calls, 10u);
  EXPECT_EQ(some.alike, 7u);
  log.calls[4].history = 1;  // unlike the others
  EXPECT_THAT(Enumerate(log, {}).disturbances, SizeIs(8));
}

TEST(EnumerateTest, AKindIsTheSameInAnotherStepAndForAnotherClient) {
  CallLog log;
  log.watched = {Client('a'), Client('b')};
  log.calls = {Transfer(Call::kRecv, 1), Transfer(Call::kRecv, 1), Transfer(Call::kRecv, 0)};
  log.calls[1].client = Client('b');
  log.calls[1].step = 2;
  const std::vector<Disturbance> found = Enumerate(log, {}).disturbances;
  EXPECT_EQ(found.front().kind, found[5].kind);
  EXPECT_EQ(found[5].call, 1u);
  EXPECT_NE(found.front().kind, found.back().kind);
}

TEST(EnumerateTest, WaitsAreOfOneKindWhateverTheServerHasDoneBefore) {
  CallLog log;
  log.calls = {Wait(), Transfer(Call::kRecv, 1), Wait()};
  const std::vector<Disturbance> found = Enumerate(log, {}).disturbances;
  EXPECT_EQ(found.front().kind, found.back().kind);
}

TEST(EnumerateTest, WhatComesAfterTheLastOwnStepIsInTheDrain) {
  CallLog log;
  log.calls = {Wait(), Wait()};
  log.calls[1].step = 2;
  Choice choice;
  choice.last_own_step = 1;
  const std::vector<Disturbance> found = Enumerate(log, choice).disturbances;
  ASSERT_THAT(found, SizeIs(4));
  EXPECT_FALSE(found.front().in_drain);
  EXPECT_TRUE(found.back().in_drain);
}

std::vector<std::string> RepresentativesOf(const std::string& text) {
  std::vector<std::string> names;
  for (const Clients& one : Representatives(ParseScenario(text, "test.scn"))) {
    names.push_back(ClientsText(one));
  }
  return names;
}

TEST(RepresentativesTest, AGroupCountsOnce) {
  EXPECT_THAT(RepresentativesOf("c[1..200] connect\nc[1..200] close\n"), ElementsAre("c[1]"));
}

TEST(RepresentativesTest, AGroupOfWhichSomeAreTreatedOtherwiseIsSeveral) {
  EXPECT_THAT(RepresentativesOf("c[1..20] connect\nc[3..7] reset\na connect\n"),
              ElementsAre("a", "c[1]", "c[3]", "c[8]"));
}

TEST(RepresentativesTest, WhereNoClientIsNamedThereIsNone) {
  EXPECT_THAT(RepresentativesOf("server stop\n"), IsEmpty());
}

}  // namespace
}  // namespace hupstorm
