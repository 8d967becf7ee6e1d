// socketpair(2) of AF_UNIX stream sockets, whose ends differ from TCP's in several ways.

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class SocketpairTest : public KernelTest {};
INSTANTIATE_ON_BOTH_KERNELS(SocketpairTest);

TEST_P(SocketpairTest, IsWritableBothWays) {
  const Pair pair = SocketPair();
  EXPECT_EQ(Ready(pair.client), kOut);
  EXPECT_EQ(Ready(pair.server), kOut);
  Send(pair.client, "there");
  Send(pair.server, "back");
  EXPECT_EQ(Recv(pair.server), "there");
  EXPECT_EQ(Recv(pair.client), "back");
}

TEST_P(SocketpairTest, CloseHangsUpThePeerAtOnce) {
  Pair pair = SocketPair();
  pair.client.Close();
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup | kHup);
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(EPIPE));
}

TEST_P(SocketpairTest, BytesStayReadableAfterThePeerClosed) {
  Pair pair = SocketPair();
  Send(pair.client, "last");
  pair.client.Close();
  EXPECT_EQ(Recv(pair.server), "last");
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(SocketpairTest, CloseWithUnreadDataResetsThePeer) {
  Pair pair = SocketPair();
  Send(pair.client, "unread");
  pair.server.Close();
  EXPECT_EQ(Ready(pair.client), kIn | kOut | kRdhup | kErr | kHup);
  EXPECT_THAT(TryRecv(pair.client), SyscallFailsWith(ECONNRESET));
  EXPECT_THAT(TryRecv(pair.client), SyscallSucceedsWithValue(0));
}

TEST_P(SocketpairTest, ShutdownOfWritingEndsThePeersInput) {
  const Pair pair = SocketPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup);
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
  EXPECT_THAT(TrySend(pair.client), SyscallFailsWith(EPIPE));
  Send(pair.server, "still");
  EXPECT_EQ(Recv(pair.client), "still");
}

TEST_P(SocketpairTest, ShutdownOfReadingEndsThePeersOutput) {
  const Pair pair = SocketPair();
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_RD);
  EXPECT_THAT(TrySend(pair.client), SyscallFailsWith(EPIPE));
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup);
}

TEST_P(SocketpairTest, ShutdownOfBothWaysHangsUpBothEnds) {
  const Pair pair = SocketPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_RDWR);
  EXPECT_EQ(Ready(pair.client), kIn | kOut | kRdhup | kHup);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup | kHup);
}

TEST_P(SocketpairTest, SendToAClosedPeerRaisesSigpipe) {
  CountSignals(SIGPIPE);
  Pair pair = SocketPair();
  pair.client.Close();
  EXPECT_THAT(TrySend(pair.server, 0), SyscallFailsWith(EPIPE));
  EXPECT_EQ(signals_seen(), 1);
  EXPECT_THAT(TrySend(pair.server, MSG_NOSIGNAL), SyscallFailsWith(EPIPE));
  EXPECT_EQ(signals_seen(), 1);
}

TEST_P(SocketpairTest, SendingStopsWithEagainWhenThePeerDoesNotRead) {
  const Pair pair = SocketPair();
  const size_t sent = Fill(pair.client);
  EXPECT_GT(sent, 0u);
  EXPECT_EQ(Ready(pair.client), kNothing);
  EXPECT_EQ(Drain(pair.server), sent);
  EXPECT_EQ(Ready(pair.client), kOut);
}

TEST_P(SocketpairTest, KindCanBeRead) {
  const Pair pair = SocketPair();
  EXPECT_EQ(GetOption(pair.client, SOL_SOCKET, SO_DOMAIN), AF_UNIX);
  EXPECT_EQ(GetOption(pair.client, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
  EXPECT_EQ(GetOption(pair.client, SOL_SOCKET, SO_ERROR), 0);
}

TEST_P(SocketpairTest, LingerIsKept) {
  const Pair pair = SocketPair();
  linger state = {.l_onoff = 1, .l_linger = 3};
  ASSERT_EQ(
      Invoke<Call::kSetsockopt>(kernel, pair.client, SOL_SOCKET, SO_LINGER, &state, sizeof state),
      0);
  state = {};
  socklen_t length = sizeof state;
  ASSERT_EQ(Invoke<Call::kGetsockopt>(kernel, pair.client, SOL_SOCKET, SO_LINGER, &state, &length),
            0);
  EXPECT_EQ(state.l_onoff, 1);
  EXPECT_EQ(state.l_linger, 3);
}

TEST_P(SocketpairTest, TcpOptionsDoNotApply) {
  const Pair pair = SocketPair();
  const int on = 1;
  EXPECT_THAT(
      Invoke<Call::kSetsockopt>(kernel, pair.client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on),
      SyscallFailsWith(EOPNOTSUPP));
}

TEST_P(SocketpairTest, FlagsAreOnBothEnds) {
  const Pair pair = SocketPair(SOCK_NONBLOCK | SOCK_CLOEXEC);
  for (const Fd* end : {&pair.client, &pair.server}) {
    EXPECT_EQ(Invoke<Call::kFcntl>(kernel, *end, F_GETFL, 0), O_RDWR | O_NONBLOCK);
    EXPECT_EQ(Invoke<Call::kFcntl>(kernel, *end, F_GETFD, 0), FD_CLOEXEC);
  }
}

TEST_P(SocketpairTest, IsNotForTcp) {
  int fds[2];
  EXPECT_THAT(Invoke<Call::kSocketpair>(kernel, AF_INET, SOCK_STREAM, 0, fds),
              SyscallFailsWith(EOPNOTSUPP));
}

TEST_P(SocketpairTest, PeekLeavesTheBytes) {
  const Pair pair = SocketPair();
  Send(pair.client, "abc");
  EXPECT_EQ(Recv(pair.server, 2, MSG_PEEK), "ab");
  EXPECT_EQ(Recv(pair.server), "abc");
}

TEST_P(SocketpairTest, ADuplicateKeepsItOpen) {
  Pair pair = SocketPair();
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, pair.client));
  pair.client.Close();
  EXPECT_EQ(Ready(pair.server), kOut);
}

TEST_P(SocketpairTest, CannotAcceptOrConnect) {
  const Pair pair = SocketPair();
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, pair.client, nullptr, nullptr, 0),
              SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kListen>(kernel, pair.client, 5), SyscallFailsWith(EINVAL));
}

TEST_P(SocketpairTest, EpollReportsHupUnasked) {
  Pair pair = SocketPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kNothing);
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
  pair.client.Close();
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{pair.server, kHup}));
}

TEST_P(SocketpairTest, EdgeTriggeredEpollReportsSpaceAfterAFullBuffer) {
  const Pair pair = SocketPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.client, kOut | kEdge);
  Fill(pair.client);
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
  Drain(pair.server);
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{pair.client, kOut}));
}

TEST_P(SocketpairTest, ConnectRefusesAnAddressOfAnotherFamily) {
  const Pair pair = SocketPair();
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  EXPECT_THAT(Connect(pair.client, address), SyscallFailsWith(EINVAL));
}

TEST_P(SocketpairTest, ARecvOfNoBytesSaysWhetherThereAreAny) {
  Pair pair = SocketPair();
  char none;
  EXPECT_THAT(Invoke<Call::kRecv>(kernel, pair.client, &none, 0, 0), SyscallFailsWith(EAGAIN));
  Send(pair.server, "abc");
  EXPECT_THAT(Invoke<Call::kRecv>(kernel, pair.client, &none, 0, 0), SyscallSucceedsWithValue(0));
  EXPECT_EQ(Recv(pair.client), "abc");
  EXPECT_THAT(Invoke<Call::kRecv>(kernel, pair.client, &none, 0, MSG_WAITALL),
              SyscallFailsWith(EAGAIN));
  pair.server.Close();
  EXPECT_THAT(Invoke<Call::kRecv>(kernel, pair.client, &none, 0, 0), SyscallSucceedsWithValue(0));
}

TEST_P(SocketpairTest, WhoeverWatchesForRdhupAloneHearsOfAHalfClose) {
  const Pair pair = SocketPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kRdhup);
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{pair.server, kRdhup}));
}

TEST_P(SocketpairTest, RoomIsAnEdgeWhenAWholeSendHasBeenRead) {
  const Pair pair = SocketPair();
  Send(pair.client, "ab");
  Send(pair.client, "cd");
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.client, kOut | kEdge);
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{pair.client, kOut}));
  EXPECT_EQ(Recv(pair.server, 1), "a");
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
  EXPECT_EQ(Recv(pair.server, 2), "bc");
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{pair.client, kOut}));
  EXPECT_EQ(Recv(pair.server, 1, MSG_PEEK), "d");
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
  EXPECT_EQ(Recv(pair.server, 1), "d");
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{pair.client, kOut}));
}

}  // namespace
}  // namespace hupstorm
