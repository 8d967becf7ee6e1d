#include <netinet/tcp.h>

#include "tests/kernel/simulated/server_fixture.h"

namespace hupstorm {
namespace {

class VanishTest : public ServerFixture {
 protected:
  VanishTest() : listener(Listen()), peer(kernel.PeerConnect(kPort)), fd(Accept(listener)) {}

  void SetOption(int level, int name, int value) {
    EXPECT_THAT(Invoke<Call::kSetsockopt>(kernel, fd, level, name, &value, sizeof value),
                SyscallSucceeds());
  }
  void Pass(int64_t ns) { kernel.AdvanceTo(kernel.now_ns() + ns); }

  int listener;
  PeerId peer;
  int fd;
};

TEST_F(VanishTest, ASilentServerNeverNotices) {
  kernel.PeerVanish(peer);
  EXPECT_EQ(kernel.NextTimerNs(), -1);
  Pass(100'000 * kSecond);
  EXPECT_EQ(kernel.ServerSide(peer).state, TcpState::kEstablished);
}

TEST_F(VanishTest, DataThatNobodyAcknowledgesTimesOut) {
  kernel.PeerVanish(peer);
  const int64_t start = kernel.now_ns();
  EXPECT_THAT(Send(fd, "hello"), SyscallSucceedsWithValue(5));
  Pass(10 * kSecond);
  EXPECT_THAT(Send(fd, "again"), SyscallSucceedsWithValue(5));
  EXPECT_EQ(kernel.ServerSide(peer).unsent, 10u);
  EXPECT_EQ(kernel.NextTimerNs(), start + 924'600'000'000);
  kernel.AdvanceTo(start + 924'600'000'000);
  EXPECT_EQ(kernel.ServerSide(peer).pending_error, ETIMEDOUT);
  EXPECT_THAT(Send(fd, "x"), SyscallFailsWith(ETIMEDOUT));
}

TEST_F(VanishTest, DataOnItsWayWhenTheHostGoesTimesOutToo) {
  Send(fd, std::string(70'000, 'x'));
  ASSERT_GT(kernel.ServerSide(peer).unsent, 0u);
  kernel.PeerVanish(peer);
  EXPECT_EQ(kernel.NextTimerNs(), kernel.now_ns() + 924'600'000'000);
}

TEST_F(VanishTest, WhatACorkHoldsTimesOutOnceItWasSent) {
  SetOption(IPPROTO_TCP, TCP_CORK, 1);
  Send(fd, "x");
  kernel.PeerVanish(peer);
  Pass(200'000'000);
  EXPECT_EQ(kernel.NextTimerNs(), kernel.now_ns() + 924'600'000'000);
  Pass(924'600'000'000);
  EXPECT_EQ(kernel.ServerSide(peer).pending_error, ETIMEDOUT);
}

TEST_F(VanishTest, UserTimeoutIsSooner) {
  SetOption(IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
  kernel.PeerVanish(peer);
  Send(fd, "x");
  EXPECT_EQ(kernel.NextTimerNs(), kernel.now_ns() + 5 * kSecond);
}

TEST_F(VanishTest, KeepaliveNoticesWithoutData) {
  SetOption(SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(IPPROTO_TCP, TCP_KEEPIDLE, 10);
  SetOption(IPPROTO_TCP, TCP_KEEPINTVL, 2);
  SetOption(IPPROTO_TCP, TCP_KEEPCNT, 3);
  kernel.PeerVanish(peer);
  Pass(15 * kSecond);
  EXPECT_EQ(kernel.ServerSide(peer).pending_error, 0);
  Pass(1 * kSecond);
  EXPECT_EQ(kernel.ServerSide(peer).pending_error, ETIMEDOUT);
}

TEST_F(VanishTest, ProbesThatWereAnsweredBeforeCount) {
  SetOption(SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(IPPROTO_TCP, TCP_KEEPIDLE, 10);
  SetOption(IPPROTO_TCP, TCP_KEEPINTVL, 2);
  SetOption(IPPROTO_TCP, TCP_KEEPCNT, 3);
  const int64_t start = kernel.now_ns();
  Pass(25 * kSecond);  // probed at 10 s and 20 s
  kernel.PeerVanish(peer);
  EXPECT_EQ(kernel.NextTimerNs(), start + (20 + 10 + 3 * 2) * kSecond);
}

TEST_F(VanishTest, AClosedSocketGivesUpEarlier) {
  kernel.PeerVanish(peer);
  Send(fd, "x");
  Invoke<Call::kClose>(kernel, fd);
  EXPECT_EQ(kernel.ServerSide(peer).state, TcpState::kFinWait1);
  EXPECT_EQ(kernel.NextTimerNs(), kernel.now_ns() + 102'200'000'000);
  Pass(103 * kSecond);
  EXPECT_EQ(kernel.ServerSide(peer).state, TcpState::kClosed);
}

TEST_F(VanishTest, NothingOfAVanishedPeerArrives) {
  kernel.PeerVanish(peer);
  EXPECT_EQ(PeerSend(peer, "x"), 0u);
  kernel.PeerShutdownWrite(peer);
  kernel.PeerClose(peer);
  EXPECT_EQ(kernel.ServerSide(peer).state, TcpState::kEstablished);
  EXPECT_FALSE(kernel.ServerSide(peer).unseen_fin);
}

TEST_F(VanishTest, AHostThatComesBackAnswersWithReset) {
  Send(fd, "x");
  kernel.PeerVanish(peer);
  kernel.PeerReset(peer);
  EXPECT_EQ(kernel.ServerSide(peer).pending_error, ECONNRESET);
}

}  // namespace
}  // namespace hupstorm
