#include <gmock/gmock.h>

#include <set>

#include "kernel/syscalls.h"

namespace hupstorm {
namespace {

TEST(CallTest, EveryCallHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i < kCallCount; ++i) names.insert(CallName(static_cast<Call>(i)));
  EXPECT_EQ(names.size(), static_cast<size_t>(kCallCount));
  EXPECT_EQ(CallName(Call::kAccept), "accept4");
  EXPECT_EQ(CallName(Call::kEpollWait), "epoll_wait");
}

TEST(CallTest, FamiliesAreKnownByName) {
  for (int i = 0; i < kCallFamilyCount; ++i) {
    const auto family = static_cast<CallFamily>(i);
    if (family == CallFamily::kOther) continue;
    EXPECT_EQ(CallFamilyFromName(CallFamilyName(family)), family);
  }
  EXPECT_EQ(CallFamilyFromName("other"), std::nullopt);
  EXPECT_EQ(CallFamilyFromName(""), std::nullopt);
}

TEST(CallTest, WaysToDoTheSameAreOneFamily) {
  for (const Call call :
       {Call::kRecv, Call::kRecvmsg, Call::kRecvmmsg, Call::kRead, Call::kReadv, Call::kSplice}) {
    EXPECT_EQ(FamilyOf(call), CallFamily::kRecv);
  }
  for (const Call call : {Call::kSend, Call::kSendmsg, Call::kSendmmsg, Call::kWrite, Call::kWritev,
                          Call::kSendfile}) {
    EXPECT_EQ(FamilyOf(call), CallFamily::kSend);
  }
  for (const Call call : {Call::kSelect, Call::kPoll, Call::kEpollWait}) {
    EXPECT_EQ(FamilyOf(call), CallFamily::kWait);
  }
}

TEST(CallTest, AResultInMessagesIsAskedForInBytes) {
  mmsghdr messages[3] = {};
  messages[0].msg_len = 2;
  messages[1].msg_len = 3;
  messages[2].msg_len = 99;
  SystemCall call = NewCall<Call::kRecvmmsg>(0, messages, 3, 0, nullptr);
  call.result = 2;
  EXPECT_EQ(ResultInBytes(call), 5);
  call.Fail(EAGAIN);
  EXPECT_EQ(ResultInBytes(call), -1);
  call = NewCall<Call::kRecv>(0, nullptr, 9, 0);
  call.result = 7;
  EXPECT_EQ(ResultInBytes(call), 7);
}

TEST(CallTest, WhatSleepsMayThrow) {
  for (const Call call : {Call::kAccept, Call::kConnect, Call::kRecv, Call::kSend, Call::kRead,
                          Call::kWrite, Call::kRecvmmsg, Call::kSendmmsg, Call::kSendfile,
                          Call::kSelect, Call::kPoll, Call::kEpollWait, Call::kNanosleep}) {
    EXPECT_TRUE(MayThrow(call)) << CallName(call);
  }
  EXPECT_FALSE(MayThrow(Call::kSocket));
  EXPECT_FALSE(MayThrow(Call::kEpollCtl));
}

}  // namespace
}  // namespace hupstorm
