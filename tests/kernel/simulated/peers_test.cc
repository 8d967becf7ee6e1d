#include "tests/kernel/simulated/server_fixture.h"

namespace hupstorm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PeersTest : public ServerFixture {};

TEST_F(PeersTest, ConnectsAndIsAcceptedFromItsOwnPort) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  EXPECT_EQ(kernel.Status(peer).state, TcpState::kEstablished);
  EXPECT_TRUE(kernel.Status(peer).connected);
  EXPECT_EQ(kernel.accept_queue_length(), 1u);
  EXPECT_FALSE(kernel.ServerSide(peer).accepted);

  sockaddr_in from{};
  socklen_t length = sizeof from;
  const int fd =
      Invoke<Call::kAccept>(kernel, listener, reinterpret_cast<sockaddr*>(&from), &length, 0);
  EXPECT_EQ(ntohs(from.sin_port), 40000);
  EXPECT_EQ(kernel.PeerPort(peer), 40000);
  EXPECT_EQ(kernel.PeerOf(fd), peer);
  EXPECT_EQ(kernel.PeerOf(listener), kNoPeer);
  EXPECT_EQ(kernel.ServerSide(peer).fd, fd);
  EXPECT_TRUE(kernel.ServerSide(peer).accepted);
  EXPECT_EQ(kernel.accept_queue_length(), 0u);
}

TEST_F(PeersTest, PortsThatTheServerHoldsAreSkipped) {
  Listen();
  Listen(128, 40001);
  EXPECT_EQ(kernel.PeerPort(kernel.PeerConnect(kPort)), 40000);
  EXPECT_EQ(kernel.PeerPort(kernel.PeerConnect(kPort)), 40002);
}

TEST_F(PeersTest, MorePeersThanPortsComeFromFurtherAddresses) {
  const int listener = Listen(4096);
  sockaddr_in from{};
  for (int i = 0; i <= 25001; ++i) {
    kernel.PeerConnect(kPort);
    socklen_t length = sizeof from;
    const int fd =
        Invoke<Call::kAccept>(kernel, listener, reinterpret_cast<sockaddr*>(&from), &length, 0);
    ASSERT_THAT(fd, SyscallSucceeds());
  }
  EXPECT_EQ(ntohs(from.sin_port), 40000);
  EXPECT_EQ(ntohl(from.sin_addr.s_addr), 0x7f000002u);
}

TEST_F(PeersTest, IsRefusedWhereNobodyListens) {
  const PeerId peer = kernel.PeerConnect(kPort);
  EXPECT_TRUE(kernel.Status(peer).refused);
  EXPECT_FALSE(kernel.Status(peer).connected);
  EXPECT_FALSE(kernel.Status(peer).was_reset);
  EXPECT_EQ(kernel.Status(peer).state, TcpState::kClosed);
  EXPECT_EQ(PeerSend(peer, "x"), 0u);
}

TEST_F(PeersTest, WaitsForRoomInTheAcceptQueue) {
  const int listener = Listen(/*backlog=*/0);
  kernel.PeerConnect(kPort);
  const PeerId late = kernel.PeerConnect(kPort);
  EXPECT_EQ(kernel.Status(late).state, TcpState::kSynSent);
  EXPECT_EQ(PeerSend(late, "x"), 0u);
  Accept(listener);
  EXPECT_TRUE(kernel.Status(late).connected);
  EXPECT_THAT(kernel.TakeChangedPeers(), ElementsAre(late));
  EXPECT_EQ(kernel.accept_queue_length(), 1u);
}

// A SYN is sent again each second.
TEST_F(PeersTest, TellsWhenLinuxWouldHaveLetInALateOne) {
  const int listener = Listen(/*backlog=*/0);
  const PeerId first = kernel.PeerConnect(kPort);
  const PeerId late = kernel.PeerConnect(kPort);
  const int64_t asked = kernel.now_ns();
  kernel.AdvanceTo(asked + 2 * kSecond + 1);
  Accept(listener);
  EXPECT_EQ(kernel.Status(late).connected_at_ns, asked + 3 * kSecond);
  EXPECT_LE(kernel.Status(first).connected_at_ns, asked);
}

TEST_F(PeersTest, APeerThatNobodyLetsInGivesUp) {
  Listen(/*backlog=*/0);
  kernel.PeerConnect(kPort);
  const PeerId late = kernel.PeerConnect(kPort);
  EXPECT_EQ(kernel.NextTimerNs(), kernel.now_ns() + 67 * kSecond);
  kernel.AdvanceTo(kernel.now_ns() + 67 * kSecond);
  EXPECT_EQ(kernel.Status(late).state, TcpState::kClosed);
  EXPECT_FALSE(kernel.Status(late).refused);
  EXPECT_EQ(kernel.NextTimerNs(), -1);
}

TEST_F(PeersTest, ClosingTheListenerResetsAndRefuses) {
  const int listener = Listen(/*backlog=*/0);
  const PeerId queued = kernel.PeerConnect(kPort);
  const PeerId waiting = kernel.PeerConnect(kPort);
  Invoke<Call::kClose>(kernel, listener);
  EXPECT_TRUE(kernel.Status(queued).was_reset);
  EXPECT_TRUE(kernel.Status(waiting).refused);
  EXPECT_EQ(kernel.accept_queue_length(), 0u);
  EXPECT_EQ(kernel.ServerSide(queued).state, TcpState::kClosed);
}

TEST_F(PeersTest, BytesFillTheWindowAndThenTheSendBuffer) {
  const int listener = Listen();
  kernel.set_server_receive_buffer(4096);  // doubled, and half of that for bytes
  const PeerId peer = kernel.PeerConnect(kPort, {.receive_buffer = 1000, .send_buffer = 500});
  const int fd = Accept(listener);
  const std::string text(10'000, 'x');
  EXPECT_EQ(kernel.PeerSendSpace(peer), 4096u + 500u);
  EXPECT_EQ(PeerSend(peer, text), 4096u + 500u);
  EXPECT_EQ(kernel.Status(peer).unsent, 500u);
  EXPECT_EQ(kernel.PeerSendSpace(peer), 0u);
  EXPECT_EQ(kernel.ServerSide(peer).unread, 4096u);
  EXPECT_THAT(kernel.TakeChangedPeers(), IsEmpty());

  EXPECT_EQ(Recv(fd).size(), 4096u);
  EXPECT_EQ(kernel.Status(peer).unsent, 0u);
  EXPECT_THAT(kernel.TakeChangedPeers(), ElementsAre(peer));
  EXPECT_EQ(Recv(fd).size(), 500u);

  EXPECT_EQ(Send(fd, text.substr(0, 1500)), 1500);
  EXPECT_EQ(kernel.Status(peer).unread, 1000u);
  EXPECT_EQ(kernel.ServerSide(peer).unsent, 500u);
  EXPECT_EQ(PeerRead(peer).size(), 1500u);
  EXPECT_EQ(kernel.ServerSide(peer).unsent, 0u);
}

TEST_F(PeersTest, WhatAPeerWantsComesInOnePieceAndTheWindowStaysAsItWas) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort, {.receive_buffer = 1});
  const int fd = Accept(listener);
  const std::string text = "0123456789";
  ASSERT_EQ(Send(fd, text), 10);
  ASSERT_EQ(kernel.PeerPeek(peer).size(), 1u);
  kernel.PeerConsume(peer, 1, 4);
  EXPECT_EQ(kernel.PeerPeek(peer).size(), 4u);
  kernel.PeerConsume(peer, 4, 0);
  EXPECT_EQ(kernel.PeerPeek(peer).size(), 1u);
  EXPECT_EQ(kernel.ServerSide(peer).unsent, 4u);
  EXPECT_EQ(PeerRead(peer), "56789");
}

TEST_F(PeersTest, ChangesAreListedOnceInOrder) {
  const int listener = Listen();
  const PeerId first = kernel.PeerConnect(kPort);
  const PeerId second = kernel.PeerConnect(kPort);
  const int a = Accept(listener);
  const int b = Accept(listener);
  EXPECT_FALSE(kernel.HasChangedPeers());
  Send(b, "1");
  Send(a, "2");
  Send(b, "3");
  EXPECT_TRUE(kernel.HasChangedPeers());
  EXPECT_THAT(kernel.TakeChangedPeers(), ElementsAre(second, first));
  EXPECT_FALSE(kernel.HasChangedPeers());
  Invoke<Call::kClose>(kernel, a);
  EXPECT_THAT(kernel.TakeChangedPeers(), ElementsAre(first));
}

TEST_F(PeersTest, WhatAPeerDoesItselfIsNoNewsToIt) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  Invoke<Call::kClose>(kernel, Accept(listener));
  kernel.TakeChangedPeers();
  EXPECT_EQ(PeerSend(peer, "to a socket that is closed"), 26u);
  EXPECT_TRUE(kernel.Status(peer).was_reset);
  EXPECT_FALSE(kernel.HasChangedPeers());
}

TEST_F(PeersTest, HalfCloseAndTheRestOfALife) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  const int fd = Accept(listener);
  PeerSend(peer, "last words");
  kernel.PeerShutdownWrite(peer);
  EXPECT_EQ(kernel.Status(peer).state, TcpState::kFinWait2);
  EXPECT_EQ(kernel.ServerSide(peer).state, TcpState::kCloseWait);
  EXPECT_TRUE(kernel.ServerSide(peer).unseen_fin);
  EXPECT_EQ(Recv(fd), "last words");
  EXPECT_TRUE(kernel.ServerSide(peer).unseen_fin);
  EXPECT_EQ(Recv(fd), "");
  EXPECT_FALSE(kernel.ServerSide(peer).unseen_fin);
  Send(fd, "answer");
  Invoke<Call::kClose>(kernel, fd);
  EXPECT_FALSE(kernel.Status(peer).end_of_input);
  EXPECT_EQ(PeerRead(peer), "answer");
  EXPECT_TRUE(kernel.Status(peer).end_of_input);
  EXPECT_EQ(kernel.Status(peer).state, TcpState::kTimeWait);
  EXPECT_EQ(kernel.ServerSide(peer).state, TcpState::kClosed);
  EXPECT_EQ(kernel.NextTimerNs(), -1);
  kernel.AdvanceTo(kernel.now_ns() + 60 * kSecond);
  EXPECT_EQ(kernel.Status(peer).state, TcpState::kClosed);
  EXPECT_TRUE(kernel.Status(peer).end_of_input);
}

TEST_F(PeersTest, CloseWithUnreadBytesResets) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  const int fd = Accept(listener);
  Send(fd, "never read");
  kernel.PeerClose(peer);
  EXPECT_EQ(kernel.ServerSide(peer).pending_error, ECONNRESET);
  EXPECT_EQ(kernel.Status(peer).state, TcpState::kClosed);
}

TEST_F(PeersTest, ResetLeavesWhatArrivedReadable) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  const int fd = Accept(listener);
  PeerSend(peer, "before");
  kernel.PeerReset(peer);
  EXPECT_EQ(Recv(fd), "before");
  char byte;
  EXPECT_THAT(Invoke<Call::kRecv>(kernel, fd, &byte, 1, 0), SyscallFailsWith(ECONNRESET));
  EXPECT_EQ(Recv(fd), "");
}

TEST_F(PeersTest, ServerThatClosesWithUnreadInputResets) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  const int fd = Accept(listener);
  PeerSend(peer, "never read");
  Send(fd, "answer");
  Invoke<Call::kClose>(kernel, fd);
  EXPECT_TRUE(kernel.Status(peer).was_reset);
  EXPECT_FALSE(kernel.Status(peer).end_of_input);
  EXPECT_EQ(PeerRead(peer), "answer");
}

TEST_F(PeersTest, UrgentByteComesBesideTheStream) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  const int fd = Accept(listener);
  PeerSend(peer, "ab");
  EXPECT_TRUE(kernel.PeerSendUrgent(peer, std::byte{'!'}));
  PeerSend(peer, "cd");
  EXPECT_EQ(Recv(fd), "ab");
  char urgent = 0;
  EXPECT_THAT(Invoke<Call::kRecv>(kernel, fd, &urgent, 1, MSG_OOB), SyscallSucceedsWithValue(1));
  EXPECT_EQ(urgent, '!');
  EXPECT_EQ(Recv(fd), "cd");
}

TEST_F(PeersTest, UrgentBytesOfTheServerAreInlineForPeers) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  const int fd = Accept(listener);
  Invoke<Call::kSend>(kernel, fd, "xy", 2, MSG_OOB);
  EXPECT_EQ(PeerRead(peer), "xy");
}

TEST_F(PeersTest, UnknownPeersAbort) {
  EXPECT_DEATH(kernel.PeerClose(0), "PeerClose: there is no peer 0");
}

TEST_F(PeersTest, ConsumingMoreThanThereIsAborts) {
  Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  EXPECT_DEATH(kernel.PeerConsume(peer, 1), "has no 1 bytes");
}

}  // namespace
}  // namespace hupstorm
