// RST: what a connection reports after its peer reset it, in which order, and how often.

#include <functional>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class TcpResetTest : public KernelTest {};
INSTANTIATE_ON_BOTH_KERNELS(TcpResetTest);

TEST_P(TcpResetTest, ResetIsReportedAsEveryEventButPri) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup | kErr | kHup);
}

TEST_P(TcpResetTest, RecvReportsTheResetOnceThenEndOfInput) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(ECONNRESET));
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(TcpResetTest, HupStaysAfterTheErrorIsConsumed) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(ECONNRESET));
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup | kHup);
}

TEST_P(TcpResetTest, SoErrorConsumesTheError) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_EQ(PendingError(pair.server), ECONNRESET);
  EXPECT_EQ(PendingError(pair.server), 0);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup | kHup);
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(TcpResetTest, SendReportsTheResetOnceThenEpipe) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(ECONNRESET));
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(EPIPE));
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(EPIPE));
}

TEST_P(TcpResetTest, OnlyEpipeRaisesSigpipe) {
  CountSignals(SIGPIPE);
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(TrySend(pair.server, 0), SyscallFailsWith(ECONNRESET));
  EXPECT_EQ(signals_seen(), 0);
  EXPECT_THAT(TrySend(pair.server, 0), SyscallFailsWith(EPIPE));
  EXPECT_EQ(signals_seen(), 1);
  EXPECT_THAT(TrySend(pair.server, MSG_NOSIGNAL), SyscallFailsWith(EPIPE));
  EXPECT_EQ(signals_seen(), 1);
}

TEST_P(TcpResetTest, SendAfterRecvConsumedTheResetFailsWithEpipe) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(ECONNRESET));
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(EPIPE));
}

TEST_P(TcpResetTest, UnreadDataStaysReadableBeforeTheError) {
  Pair pair = ConnectedPair();
  Send(pair.client, "before");
  AwaitUnread(pair.server, 6);
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_EQ(Unread(pair.server), 6);
  EXPECT_EQ(Recv(pair.server, 3), "bef");
  EXPECT_EQ(Recv(pair.server), "ore");
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(ECONNRESET));
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(TcpResetTest, SendReportsTheResetWhileDataIsUnread) {
  Pair pair = ConnectedPair();
  Send(pair.client, "before");
  AwaitUnread(pair.server, 6);
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(ECONNRESET));
  EXPECT_EQ(Recv(pair.server), "before");
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(TcpResetTest, AfterAFinTheErrorIsEpipeAndRecvReportsEndOfInput) {
  Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup | kErr | kHup);
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
  EXPECT_EQ(PendingError(pair.server), EPIPE);
  EXPECT_EQ(PendingError(pair.server), 0);
}

TEST_P(TcpResetTest, AfterAFinUnreadDataStaysReadable) {
  Pair pair = ConnectedPair();
  Send(pair.client, "before");
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_EQ(Recv(pair.server), "before");
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
  EXPECT_EQ(PendingError(pair.server), EPIPE);
}

TEST_P(TcpResetTest, AfterAFinSendFailsWithEpipeAtOnce) {
  Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(EPIPE));
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(EPIPE));
}

TEST_P(TcpResetTest, AfterOwnFinTheErrorIsEconnreset) {
  Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_WR);
  Await(pair.client, kRdhup);
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup | kErr | kHup);
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(ECONNRESET));
}

TEST_P(TcpResetTest, PeersNameIsGone) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  sockaddr_in peer = {};
  socklen_t length = sizeof peer;
  EXPECT_THAT(
      Invoke<Call::kGetpeername>(kernel, pair.server, reinterpret_cast<sockaddr*>(&peer), &length),
      SyscallFailsWith(ENOTCONN));
}

TEST_P(TcpResetTest, PeersNameIsGoneWhileDataIsUnread) {
  Pair pair = ConnectedPair();
  Send(pair.client, "unread");
  AwaitUnread(pair.server, 6);
  Reset(pair.client);
  Await(pair.server, kErr);
  sockaddr_in peer = {};
  socklen_t length = sizeof peer;
  EXPECT_THAT(
      Invoke<Call::kGetpeername>(kernel, pair.server, reinterpret_cast<sockaddr*>(&peer), &length),
      SyscallFailsWith(ENOTCONN));
}

TEST_P(TcpResetTest, OwnNameStays) {
  Pair pair = ConnectedPair();
  const sockaddr_in before = LocalAddress(pair.server);
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_EQ(LocalAddress(pair.server).sin_port, before.sin_port);
}

TEST_P(TcpResetTest, ShutdownFailsWithEnotconn) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.server, SHUT_WR), SyscallFailsWith(ENOTCONN));
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.server, SHUT_RDWR), SyscallFailsWith(ENOTCONN));
  EXPECT_EQ(PendingError(pair.server), ECONNRESET);
}

TEST_P(TcpResetTest, OptionsCanStillBeSet) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  SetOption(pair.server, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(pair.server, SOL_SOCKET, SO_KEEPALIVE, 1);
  EXPECT_EQ(PendingError(pair.server), ECONNRESET);
}

TEST_P(TcpResetTest, CloseSucceedsWithTheErrorPending) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  pair.server.Close();
}

TEST_P(TcpResetTest, PeekReportsTheErrorToo) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(TryRecv(pair.server, MSG_PEEK), SyscallFailsWith(ECONNRESET));
  EXPECT_THAT(TryRecv(pair.server, MSG_PEEK), SyscallSucceedsWithValue(0));
}

TEST_P(TcpResetTest, EveryKindOfReadReportsIt) {
  char byte;
  iovec part = {&byte, 1};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const std::function<ssize_t(int)> reads[] = {
      [&](int fd) { return Invoke<Call::kRead>(kernel, fd, &byte, 1); },
      [&](int fd) { return Invoke<Call::kReadv>(kernel, fd, &part, 1); },
      [&](int fd) { return Invoke<Call::kRecvmsg>(kernel, fd, &message, 0); },
  };
  for (const auto& read : reads) {
    Pair pair = ConnectedPair();
    Reset(pair.client);
    Await(pair.server, kErr);
    EXPECT_THAT(read(pair.server), SyscallFailsWith(ECONNRESET));
    EXPECT_THAT(read(pair.server), SyscallSucceedsWithValue(0));
  }
}

TEST_P(TcpResetTest, EveryKindOfWriteReportsIt) {
  char byte = 'x';
  iovec part = {&byte, 1};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const std::function<ssize_t(int)> writes[] = {
      [&](int fd) { return Invoke<Call::kWrite>(kernel, fd, &byte, 1); },
      [&](int fd) { return Invoke<Call::kWritev>(kernel, fd, &part, 1); },
      [&](int fd) { return Invoke<Call::kSendmsg>(kernel, fd, &message, 0); },
  };
  for (const auto& write : writes) {
    Pair pair = ConnectedPair();
    Reset(pair.client);
    Await(pair.server, kErr);
    EXPECT_THAT(write(pair.server), SyscallFailsWith(ECONNRESET));
    EXPECT_THAT(write(pair.server), SyscallFailsWith(EPIPE));
  }
}

TEST_P(TcpResetTest, WriteRaisesSigpipe) {
  CountSignals(SIGPIPE);
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_EQ(PendingError(pair.server), ECONNRESET);
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, pair.server, "x", 1), SyscallFailsWith(EPIPE));
  EXPECT_EQ(signals_seen(), 1);
}

TEST_P(TcpResetTest, UndeliveredDataIsThrownAway) {
  Pair pair = ConnectedPair({.client_send = kSmall, .server_receive = kSmall});
  const size_t sent = Fill(pair.client);
  Reset(pair.client);
  Await(pair.server, kErr);
  const size_t unread = Unread(pair.server);
  EXPECT_LT(unread, sent);
  EXPECT_EQ(Drain(pair.server), unread);
}

TEST_P(TcpResetTest, ResetFreesABlockedSender) {
  Pair pair = ConnectedPair({.client_receive = kSmall, .server_send = kSmall});
  Fill(pair.server);
  EXPECT_EQ(Ready(pair.server), kNothing);
  Reset(pair.client);
  Await(pair.server, kOut);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup | kErr | kHup);
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(ECONNRESET));
}

TEST_P(TcpResetTest, OtherConnectionsAreUntouched) {
  const Listener listener = Listen();
  Fd first = Connect(listener);
  const Fd first_server = Accept(listener, SOCK_NONBLOCK);
  const Fd second = Connect(listener);
  const Fd second_server = Accept(listener, SOCK_NONBLOCK);
  Reset(first);
  Await(first_server, kErr);
  EXPECT_EQ(Ready(second_server), kOut);
  Send(second, "fine");
  EXPECT_EQ(Receive(second_server, 4), "fine");
}

TEST_P(TcpResetTest, ConnectOnAResetSocketFailsWithEisconn) {
  const Listener listener = Listen();
  Pair pair = {.client = Connect(listener), .server = Accept(listener)};
  Reset(pair.server);
  Await(pair.client, kErr);
  EXPECT_EQ(PendingError(pair.client), ECONNRESET);
  EXPECT_THAT(Connect(pair.client, listener.address), SyscallFailsWith(EISCONN));
}

TEST_P(TcpResetTest, LingerOffClosesInOrder) {
  Pair pair = ConnectedPair();
  SetLinger(pair.client, false, 0);
  pair.client.Close();
  Await(pair.server, kRdhup);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup);
}

TEST_P(TcpResetTest, LingerZeroAfterShutdownStillResets) {
  Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  Send(pair.server, "unread by the client");
  AwaitUnread(pair.client, 20);
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_EQ(PendingError(pair.server), EPIPE);
}

}  // namespace
}  // namespace hupstorm
