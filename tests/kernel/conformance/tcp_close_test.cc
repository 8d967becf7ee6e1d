// Orderly ends of a connection: FIN from one side, from both, close(2), and what each side's calls
// and readiness report in between.

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class TcpCloseTest : public KernelTest {};
INSTANTIATE_ON_BOTH_KERNELS(TcpCloseTest);

TEST_P(TcpCloseTest, NewConnectionIsWritableOnly) {
  const Pair pair = ConnectedPair();
  EXPECT_EQ(Ready(pair.server), kOut);
  EXPECT_EQ(Ready(pair.client), kOut);
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(EAGAIN));
}

TEST_P(TcpCloseTest, DataMakesReadable) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "hello");
  Await(pair.server, kIn);
  EXPECT_EQ(Ready(pair.server), kIn | kOut);
  EXPECT_EQ(Recv(pair.server), "hello");
  EXPECT_EQ(Ready(pair.server), kOut);
}

TEST_P(TcpCloseTest, FinEndsInputAndIsReportedAsInAndRdhup) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR), SyscallSucceeds());
  Await(pair.server, kRdhup);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup);
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(TcpCloseTest, EndOfInputStays) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup);
}

TEST_P(TcpCloseTest, DataBeforeFinIsReadFirst) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "last words");
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_EQ(Recv(pair.server), "last words");
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(TcpCloseTest, ARecvDoesNotReportEndOfInputTogetherWithData) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "abc");
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_EQ(Recv(pair.server, 2), "ab");
  EXPECT_EQ(Recv(pair.server, 2), "c");
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(TcpCloseTest, HalfClosedConnectionStillCarriesDataTheOtherWay) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  Send(pair.server, "answer");
  EXPECT_EQ(Receive(pair.client, 6), "answer");
}

TEST_P(TcpCloseTest, TheSideThatHalfClosedIsWritableButSendFailsWithEpipe) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  EXPECT_EQ(Ready(pair.client), kOut);
  EXPECT_THAT(TrySend(pair.client), SyscallFailsWith(EPIPE));
  EXPECT_THAT(TryRecv(pair.client), SyscallFailsWith(EAGAIN));
}

TEST_P(TcpCloseTest, ShutdownOfReadingEndsOwnInputOnly) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.server, SHUT_RD), SyscallSucceeds());
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup);
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
  EXPECT_EQ(Ready(pair.client), kOut);
}

TEST_P(TcpCloseTest, DataThatArrivesAfterShutdownOfReadingIsStillRead) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_RD);
  Send(pair.client, "late");
  AwaitUnread(pair.server, 4);
  EXPECT_EQ(Recv(pair.server), "late");
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(TcpCloseTest, ShutdownOfBothWaysHangsUpAtOnce) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_RDWR);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup | kHup);
  Await(pair.client, kRdhup);
  EXPECT_EQ(Ready(pair.client), kIn | kOut | kRdhup);
}

TEST_P(TcpCloseTest, FinFromBothSidesHangsUpWithoutError) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_WR);
  Await(pair.client, kRdhup);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup | kHup);
  EXPECT_EQ(Ready(pair.client), kIn | kOut | kRdhup | kHup);
  EXPECT_EQ(PendingError(pair.server), 0);
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
  EXPECT_THAT(TryRecv(pair.client), SyscallSucceedsWithValue(0));
}

TEST_P(TcpCloseTest, CloseByThePeerLooksLikeAHalfClose) {
  Pair pair = ConnectedPair();
  pair.client.Close();
  Await(pair.server, kRdhup);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup);
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(TcpCloseTest, SendAfterThePeerClosedSucceedsOnceAndIsAnsweredWithReset) {
  Pair pair = ConnectedPair();
  pair.client.Close();
  Await(pair.server, kRdhup);
  EXPECT_THAT(TrySend(pair.server), SyscallSucceedsWithValue(1));
  Await(pair.server, kErr);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup | kErr | kHup);
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(EPIPE));
}

TEST_P(TcpCloseTest, CloseAfterThePeersFinEndsBothSidesInOrder) {
  Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  pair.server.Close();
  Await(pair.client, kRdhup);
  EXPECT_EQ(Ready(pair.client), kIn | kOut | kRdhup | kHup);
  EXPECT_EQ(PendingError(pair.client), 0);
  EXPECT_THAT(TryRecv(pair.client), SyscallSucceedsWithValue(0));
}

TEST_P(TcpCloseTest, CloseWithUnreadDataResetsThePeer) {
  Pair pair = ConnectedPair();
  Send(pair.client, "unread");
  Await(pair.server, kIn);
  pair.server.Close();
  Await(pair.client, kErr);
  EXPECT_EQ(Ready(pair.client), kIn | kOut | kRdhup | kErr | kHup);
  EXPECT_THAT(TryRecv(pair.client), SyscallFailsWith(ECONNRESET));
}

TEST_P(TcpCloseTest, CloseAfterReadingEverythingDoesNotReset) {
  Pair pair = ConnectedPair();
  Send(pair.client, "read");
  EXPECT_EQ(Receive(pair.server, 4), "read");
  pair.server.Close();
  Await(pair.client, kRdhup);
  EXPECT_EQ(Ready(pair.client), kIn | kOut | kRdhup);
  EXPECT_THAT(TryRecv(pair.client), SyscallSucceedsWithValue(0));
}

TEST_P(TcpCloseTest, CloseWithAnUnreadFinDoesNotReset) {
  Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  pair.server.Close();
  Await(pair.client, kRdhup);
  EXPECT_THAT(TryRecv(pair.client), SyscallSucceedsWithValue(0));
}

TEST_P(TcpCloseTest, CloseWithUnreadDataBeforeAFinResets) {
  Pair pair = ConnectedPair();
  Send(pair.client, "unread");
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  pair.server.Close();
  Await(pair.client, kErr);
  EXPECT_THAT(TryRecv(pair.client), SyscallFailsWith(ECONNRESET));
}

TEST_P(TcpCloseTest, ResetByCloseWithUnreadDataLeavesWhatHadArrivedReadable) {
  Pair pair = ConnectedPair();
  Send(pair.client, "unread");
  Await(pair.server, kIn);
  Send(pair.server, "answer");
  AwaitUnread(pair.client, 6);
  pair.server.Close();
  Await(pair.client, kErr);
  EXPECT_EQ(Recv(pair.client), "answer");
  EXPECT_THAT(TryRecv(pair.client), SyscallFailsWith(ECONNRESET));
}

TEST_P(TcpCloseTest, DataAfterCloseIsAnsweredWithResetEvenIfThePeerHasNotReadTheFin) {
  Pair pair = ConnectedPair();
  Send(pair.server, "answer");
  AwaitUnread(pair.client, 6);
  pair.server.Close();
  Await(pair.client, kRdhup);
  EXPECT_THAT(TrySend(pair.client), SyscallSucceedsWithValue(1));
  Await(pair.client, kErr);
  EXPECT_EQ(PendingError(pair.client), EPIPE);
  EXPECT_EQ(Recv(pair.client), "answer");
  EXPECT_THAT(TryRecv(pair.client), SyscallSucceedsWithValue(0));
}

TEST_P(TcpCloseTest, FinWaitsBehindDataThatDoesNotFit) {
  const Pair pair = ConnectedPair({.client_send = kSmall, .server_receive = kSmall});
  const size_t sent = Fill(pair.client);
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR), SyscallSucceeds());
  EXPECT_EQ(Ready(pair.server), kIn | kOut);
  EXPECT_EQ(ReceiveUntilEnd(pair.server), sent);
}

TEST_P(TcpCloseTest, CloseDeliversWhatIsQueued) {
  Pair pair = ConnectedPair({.client_send = kSmall, .server_receive = kSmall});
  const size_t sent = Fill(pair.client);
  pair.client.Close();
  EXPECT_EQ(ReceiveUntilEnd(pair.server), sent);
}

TEST_P(TcpCloseTest, ShutdownTwiceSucceeds) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR), SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR), SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.client, SHUT_RDWR), SyscallSucceeds());
}

TEST_P(TcpCloseTest, ShutdownAfterFinFromBothSidesFailsWithEnotconn) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_WR);
  Await(pair.client, kRdhup);
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.server, SHUT_RDWR), SyscallFailsWith(ENOTCONN));
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.client, SHUT_RDWR), SyscallFailsWith(ENOTCONN));
}

TEST_P(TcpCloseTest, ShutdownRefusesAnUnknownDirection) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.client, 3), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.client, -1), SyscallFailsWith(EINVAL));
  EXPECT_EQ(Ready(pair.client), kOut);
}

TEST_P(TcpCloseTest, ShutdownOfAnUnconnectedSocketFailsWithEnotconn) {
  const Fd fd = TcpSocket();
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, fd, SHUT_RDWR), SyscallFailsWith(ENOTCONN));
}

TEST_P(TcpCloseTest, PeersNameIsKnownAfterItsFin) {
  Pair pair = ConnectedPair();
  const sockaddr_in client = LocalAddress(pair.client);
  pair.client.Close();
  Await(pair.server, kRdhup);
  sockaddr_in peer = {};
  socklen_t length = sizeof peer;
  EXPECT_THAT(
      Invoke<Call::kGetpeername>(kernel, pair.server, reinterpret_cast<sockaddr*>(&peer), &length),
      SyscallSucceeds());
  EXPECT_EQ(peer.sin_port, client.sin_port);
}

TEST_P(TcpCloseTest, PeersNameIsGoneAfterFinFromBothSides) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_WR);
  Await(pair.server, kHup);
  Await(pair.client, kHup);
  sockaddr_in peer = {};
  socklen_t length = sizeof peer;
  EXPECT_THAT(
      Invoke<Call::kGetpeername>(kernel, pair.client, reinterpret_cast<sockaddr*>(&peer), &length),
      SyscallFailsWith(ENOTCONN));
  EXPECT_THAT(
      Invoke<Call::kGetpeername>(kernel, pair.server, reinterpret_cast<sockaddr*>(&peer), &length),
      SyscallFailsWith(ENOTCONN));
}

TEST_P(TcpCloseTest, DataIsReadableAfterFinFromBothSides) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "to server");
  Send(pair.server, "to client");
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_WR);
  Await(pair.client, kHup);
  EXPECT_EQ(Recv(pair.server), "to server");
  EXPECT_EQ(Recv(pair.client), "to client");
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
  EXPECT_THAT(TryRecv(pair.client), SyscallSucceedsWithValue(0));
}

TEST_P(TcpCloseTest, CloseOfOneDuplicateDoesNotEndTheConnection) {
  Pair pair = ConnectedPair();
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, pair.client));
  pair.client.Close();
  Send(copy, "alive");
  EXPECT_EQ(Receive(pair.server, 5), "alive");
  EXPECT_EQ(Ready(pair.server), kOut);
}

TEST_P(TcpCloseTest, ShutdownActsThroughAllDuplicates) {
  Pair pair = ConnectedPair();
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, pair.client));
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, copy, SHUT_WR), SyscallSucceeds());
  EXPECT_THAT(TrySend(pair.client), SyscallFailsWith(EPIPE));
  Await(pair.server, kRdhup);
}

}  // namespace
}  // namespace hupstorm
