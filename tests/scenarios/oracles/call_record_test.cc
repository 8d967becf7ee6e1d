#include "scenarios/oracles/call_record.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "kernel/system_call.h"

namespace hupstorm {
namespace {

class CallRecordTest : public testing::Test {
 protected:
  CallRecordTest() { record_.Clear(/*kept=*/true); }

  // Returns its number.
  uint64_t Make(Call call, int client, int64_t result, int64_t asked = 0, bool is_fault = false) {
    SystemCall made;
    made.call = call;
    made.arguments[2] = asked;
    made.Return(result);
    record_.Begin(++number_);
    record_.Add(number_, made, client, is_fault);
    return number_;
  }

  CallRecord record_;
  uint64_t number_ = 0;
};

TEST_F(CallRecordTest, TheFirstWordOfAnEndIsTheRecvThatReturnedNothingOrFailed) {
  Make(Call::kAccept, 0, 7);
  Make(Call::kRecv, 0, 100, 1024);
  Make(Call::kRecv, 0, -EAGAIN, 1024);
  Make(Call::kRecv, 1, 0, 1024);
  EXPECT_EQ(record_.FirstWordOfEnd(0), 0U);
  const uint64_t told = Make(Call::kRecv, 0, 0, 1024);
  Make(Call::kRecv, 0, 0, 1024);
  EXPECT_EQ(record_.FirstWordOfEnd(0), told);
}

TEST_F(CallRecordTest, AFaultOfWouldBlockIsNoWordOfAnEnd) {
  Make(Call::kAccept, 0, 7);
  Make(Call::kRecv, 0, -EAGAIN, 1024, /*is_fault=*/true);
  EXPECT_EQ(record_.FirstWordOfEnd(0), 0U);
}

TEST_F(CallRecordTest, WhatAFormerClientOfTheSameNumberDidDoesNotCount) {
  Make(Call::kAccept, 0, 7);
  Make(Call::kRecv, 0, 0, 1024);
  Make(Call::kAccept, 0, 7);
  EXPECT_EQ(record_.FirstWordOfEnd(0), 0U);
}

TEST_F(CallRecordTest, TheSendOfAByteIsTheShortOneBeforeItUnlessThatWasContinued) {
  Make(Call::kAccept, 0, 7);
  Make(Call::kSend, 0, 10, 10);
  const uint64_t cut = Make(Call::kSend, 0, 3, 10);
  const uint64_t next = Make(Call::kSend, 0, 10, 10);
  EXPECT_EQ(record_.SendOf(0, 13), cut);
  EXPECT_EQ(record_.SendOf(0, 25), next) << "of none that was sent: the last";
  EXPECT_EQ(record_.SendOf(0, 5), 2U);
}

TEST_F(CallRecordTest, WhatCutsAnAnswerOffIsTheCloseUnlessASendWasShort) {
  Make(Call::kAccept, 0, 7);
  Make(Call::kSend, 0, 10, 10);
  const uint64_t closed = Make(Call::kClose, 0, 0);
  EXPECT_EQ(record_.CallThatCuts(0, 10), closed);
  Make(Call::kAccept, 1, 7);
  const uint64_t cut = Make(Call::kSend, 1, -EAGAIN, 10);
  Make(Call::kClose, 1, 0);
  EXPECT_EQ(record_.CallThatCuts(1, 0), cut);
}

TEST_F(CallRecordTest, AServerThatWaitedForRoomForTheRestHasKeptItUntilTheClose) {
  for (const bool waits : {true, false}) {
    Make(Call::kAccept, 0, 7);
    Make(Call::kSend, 0, 7, 10);
    if (waits) Make(Call::kEpollWait, -1, 1);
    const uint64_t cut = Make(Call::kSend, 0, -EAGAIN, 3);
    const uint64_t closed = Make(Call::kClose, 0, 0);
    EXPECT_EQ(record_.CallThatCuts(0, 7), waits ? closed : cut);
  }
}

TEST_F(CallRecordTest, AnAnswerAsLongAsOneThatWasDroppedIsNotItsRest) {
  Make(Call::kAccept, 0, 7);
  Make(Call::kSend, 0, -EAGAIN, 10);
  Make(Call::kEpollWait, -1, 1);
  const uint64_t dropped = Make(Call::kSend, 0, -EAGAIN, 10);
  Make(Call::kClose, 0, 0);
  EXPECT_EQ(record_.CallThatCuts(0, 0), dropped);
}

TEST_F(CallRecordTest, WhatIsKeptCameByTheLastOfTheLargestReads) {
  Make(Call::kAccept, 0, 7);
  Make(Call::kRecv, 0, 1024, 1024);
  const uint64_t largest = Make(Call::kRecv, 0, 1024, 1024);
  Make(Call::kRecv, 0, 1, 1);
  Make(Call::kRecv, 1, 4096, 4096);
  EXPECT_EQ(record_.LargestRead(0), largest);
  EXPECT_EQ(record_.LargestRead(2), 0U);
}

TEST_F(CallRecordTest, InVainIsTheCallOnTheClientBeforeTheLastWaitThatGotNowhereOrTheWait) {
  Make(Call::kAccept, 0, 7);
  Make(Call::kEpollWait, -1, 1);
  const uint64_t vain = Make(Call::kRecv, 0, 0, 1024);
  EXPECT_EQ(record_.InVain(0), vain);
  Make(Call::kEpollWait, -1, 1);
  const uint64_t wait = Make(Call::kEpollWait, -1, 1);
  EXPECT_EQ(record_.InVain(0), wait);
}

TEST_F(CallRecordTest, ADeathFollowsTheFailureSinceTheServerWasWokenOrTheLastCall) {
  Make(Call::kEpollWait, -1, 1);
  const uint64_t failed = Make(Call::kRecv, 0, -ECONNRESET, 1024);
  const uint64_t closed = Make(Call::kClose, 0, 0);
  EXPECT_EQ(record_.LastBeforeDeath(), failed);
  Make(Call::kEpollWait, -1, 1);
  Make(Call::kRecv, 0, -EAGAIN, 1024);
  const uint64_t last = Make(Call::kSend, 0, 5, 5);
  EXPECT_EQ(record_.LastBeforeDeath(), last) << closed;
}

TEST_F(CallRecordTest, WithoutARecordNoCallIsToBlame) {
  record_.Clear(/*kept=*/false);
  EXPECT_EQ(record_.LastOn(0), 0U);
  EXPECT_EQ(record_.InVain(0), 0U);
  EXPECT_EQ(record_.LastBeforeDeath(), 0U);
  EXPECT_EQ(record_.Find(1), nullptr);
}

TEST_F(CallRecordTest, OldCallsAreForgotten) {
  for (int i = 0; i < 1'000'100; ++i) Make(Call::kRecv, 0, 1, 1);
  EXPECT_EQ(record_.Find(50), nullptr);
  EXPECT_NE(record_.Find(1'000'100), nullptr);
  EXPECT_EQ(record_.LastOn(0), 1'000'100U);
}

}  // namespace
}  // namespace hupstorm
