// connect(2): in progress, done, refused, and sockets that were never connected.

#include <arpa/inet.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class ConnectTest : public KernelTest {
 protected:
  // A port where nobody listens.
  sockaddr_in ClosedPort() {
    Listener listener = Listen();
    listener.fd.Close();
    return listener.address;
  }
  // A listener with no room, so that a connect stays in progress until something is accepted.
  struct Full {
    Listener listener;
    Fd client;
  };
  Full FullListener() {
    Full full = {.listener = Listen(/*backlog=*/0), .client = {}};
    full.client = Connect(full.listener);
    return full;
  }
};
INSTANTIATE_ON_BOTH_KERNELS(ConnectTest);

TEST_P(ConnectTest, NonblockingConnectIsInProgressThenWritable) {
  const Listener listener = Listen();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, listener.address), SyscallFailsWith(EINPROGRESS));
  Await(fd, kOut);
  EXPECT_EQ(Ready(fd), kOut);
  EXPECT_EQ(PendingError(fd), 0);
}

TEST_P(ConnectTest, ConnectAgainReportsSuccessOnceThenEisconn) {
  const Listener listener = Listen();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, listener.address), SyscallFailsWith(EINPROGRESS));
  Await(fd, kOut);
  EXPECT_THAT(Connect(fd, listener.address), SyscallSucceeds());
  EXPECT_THAT(Connect(fd, listener.address), SyscallFailsWith(EISCONN));
}

TEST_P(ConnectTest, BlockingConnectOnAConnectedSocketFailsWithEisconn) {
  const Listener listener = Listen();
  const Fd fd = Connect(listener);
  EXPECT_THAT(Connect(fd, listener.address), SyscallFailsWith(EISCONN));
}

TEST_P(ConnectTest, ConnectionIsEstablishedBeforeItIsAccepted) {
  const Listener listener = Listen();
  const Fd fd = Connect(listener);
  EXPECT_EQ(Ready(fd), kOut);
  Send(fd, "early");
}

TEST_P(ConnectTest, RefusedConnectHangsUpWithTheErrorPending) {
  const sockaddr_in address = ClosedPort();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, address), SyscallFailsWith(EINPROGRESS));
  Await(fd, kErr);
  EXPECT_EQ(Ready(fd), kIn | kOut | kRdhup | kErr | kHup);
  EXPECT_EQ(PendingError(fd), ECONNREFUSED);
  EXPECT_EQ(PendingError(fd), 0);
  EXPECT_EQ(Ready(fd), kIn | kOut | kRdhup | kHup);
}

TEST_P(ConnectTest, RefusedConnectIsReportedByRecv) {
  const sockaddr_in address = ClosedPort();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, address), SyscallFailsWith(EINPROGRESS));
  Await(fd, kErr);
  EXPECT_THAT(TryRecv(fd), SyscallFailsWith(ECONNREFUSED));
  EXPECT_THAT(TryRecv(fd), SyscallSucceedsWithValue(0));
}

TEST_P(ConnectTest, RefusedConnectIsReportedBySend) {
  const sockaddr_in address = ClosedPort();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, address), SyscallFailsWith(EINPROGRESS));
  Await(fd, kErr);
  EXPECT_THAT(TrySend(fd), SyscallFailsWith(ECONNREFUSED));
  EXPECT_THAT(TrySend(fd), SyscallFailsWith(EPIPE));
}

TEST_P(ConnectTest, RefusedConnectIsReportedByTheNextConnect) {
  const sockaddr_in address = ClosedPort();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, address), SyscallFailsWith(EINPROGRESS));
  Await(fd, kErr);
  EXPECT_THAT(Connect(fd, address), SyscallFailsWith(ECONNREFUSED));
}

TEST_P(ConnectTest, ConnectAfterTheRefusalWasConsumedFailsWithEconnaborted) {
  const sockaddr_in address = ClosedPort();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, address), SyscallFailsWith(EINPROGRESS));
  Await(fd, kErr);
  EXPECT_EQ(PendingError(fd), ECONNREFUSED);
  EXPECT_THAT(Connect(fd, address), SyscallFailsWith(ECONNABORTED));
}

TEST_P(ConnectTest, BlockingConnectIsRefusedAndLeavesNoErrorPending) {
  const sockaddr_in address = ClosedPort();
  const Fd fd = TcpSocket();
  EXPECT_THAT(Connect(fd, address), SyscallFailsWith(ECONNREFUSED));
  EXPECT_EQ(PendingError(fd), 0);
}

TEST_P(ConnectTest, ARefusedSocketCanConnectElsewhere) {
  const Fd fd = TcpSocket();
  EXPECT_THAT(Connect(fd, ClosedPort()), SyscallFailsWith(ECONNREFUSED));
  const Listener listener = Listen();
  EXPECT_THAT(Connect(fd, listener.address), SyscallSucceeds());
  const Fd server = Accept(listener);
  Send(fd, "at last");
  EXPECT_EQ(Receive(server, 7), "at last");
}

TEST_P(ConnectTest, WhileInProgressNothingIsReady) {
  const Full full = FullListener();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, full.listener.address), SyscallFailsWith(EINPROGRESS));
  EXPECT_EQ(Ready(fd), kNothing);
  EXPECT_EQ(PendingError(fd), 0);
}

TEST_P(ConnectTest, WhileInProgressConnectFailsWithEalready) {
  const Full full = FullListener();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, full.listener.address), SyscallFailsWith(EINPROGRESS));
  EXPECT_THAT(Connect(fd, full.listener.address), SyscallFailsWith(EALREADY));
}

TEST_P(ConnectTest, WhileInProgressBytesHaveToWait) {
  const Full full = FullListener();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, full.listener.address), SyscallFailsWith(EINPROGRESS));
  EXPECT_THAT(TryRecv(fd), SyscallFailsWith(EAGAIN));
  EXPECT_THAT(TrySend(fd), SyscallFailsWith(EAGAIN));
}

TEST_P(ConnectTest, WhileInProgressThePeerHasNoNameButTheSocketHas) {
  const Full full = FullListener();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, full.listener.address), SyscallFailsWith(EINPROGRESS));
  sockaddr_in peer = {};
  socklen_t length = sizeof peer;
  EXPECT_THAT(Invoke<Call::kGetpeername>(kernel, fd, reinterpret_cast<sockaddr*>(&peer), &length),
              SyscallFailsWith(ENOTCONN));
  EXPECT_NE(LocalAddress(fd).sin_port, 0);
}

TEST_P(ConnectTest, WhileInProgressShutdownGivesUp) {
  const Full full = FullListener();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, full.listener.address), SyscallFailsWith(EINPROGRESS));
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, fd, SHUT_RDWR), SyscallSucceeds());
  EXPECT_EQ(Ready(fd), kOut | kErr | kHup);
  EXPECT_EQ(PendingError(fd), ECONNRESET);
}

TEST_P(ConnectTest, BlockingConnectTimesOutWithEinprogress) {
  const Full full = FullListener();
  const Fd fd = TcpSocket();
  const timeval timeout = {0, 20'000};
  EXPECT_THAT(
      Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout),
      SyscallSucceeds());
  EXPECT_THAT(Connect(fd, full.listener.address), SyscallFailsWith(EINPROGRESS));
}

TEST_P(ConnectTest, CloseWhileInProgressLeavesNoConnection) {
  const Full full = FullListener();
  Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, full.listener.address), SyscallFailsWith(EINPROGRESS));
  fd.Close();
  const Fd server = Accept(full.listener);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, full.listener.fd, nullptr, nullptr, 0),
              SyscallFailsWith(EAGAIN));
}

TEST_P(ConnectTest, AnUnconnectedSocketIsWritableAndHungUp) {
  const Fd fd = TcpSocket();
  EXPECT_EQ(Ready(fd), kOut | kHup);
}

TEST_P(ConnectTest, ABoundSocketIsWritableAndHungUp) {
  const Fd fd = TcpSocket();
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_THAT(
      Invoke<Call::kBind>(kernel, fd, reinterpret_cast<sockaddr*>(&address), sizeof address),
      SyscallSucceeds());
  EXPECT_EQ(Ready(fd), kOut | kHup);
}

TEST_P(ConnectTest, AnUnconnectedSocketTakesAndGivesNoBytes) {
  const Fd fd = TcpSocket();
  EXPECT_THAT(TryRecv(fd), SyscallFailsWith(ENOTCONN));
  EXPECT_THAT(TrySend(fd), SyscallFailsWith(EPIPE));
}

TEST_P(ConnectTest, AnUnconnectedSocketHasNoNames) {
  const Fd fd = TcpSocket();
  sockaddr_in address = {};
  socklen_t length = sizeof address;
  EXPECT_THAT(
      Invoke<Call::kGetpeername>(kernel, fd, reinterpret_cast<sockaddr*>(&address), &length),
      SyscallFailsWith(ENOTCONN));
  address = LocalAddress(fd);
  EXPECT_EQ(address.sin_family, AF_INET);
  EXPECT_EQ(address.sin_port, 0);
  EXPECT_EQ(address.sin_addr.s_addr, htonl(INADDR_ANY));
}

TEST_P(ConnectTest, SendOnAnUnconnectedSocketRaisesSigpipe) {
  CountSignals(SIGPIPE);
  const Fd fd = TcpSocket();
  EXPECT_THAT(TrySend(fd, 0), SyscallFailsWith(EPIPE));
  EXPECT_EQ(signals_seen(), 1);
}

TEST_P(ConnectTest, RefusesAnAddressThatIsTooShort) {
  const Listener listener = Listen();
  const Fd fd = TcpSocket();
  EXPECT_THAT(
      Invoke<Call::kConnect>(kernel, fd, reinterpret_cast<const sockaddr*>(&listener.address), 8),
      SyscallFailsWith(EINVAL));
}

TEST_P(ConnectTest, RefusesAnotherAddressFamily) {
  sockaddr_in address = Listen().address;
  address.sin_family = AF_INET6;
  const Fd fd = TcpSocket();
  EXPECT_THAT(Connect(fd, address), SyscallFailsWith(EAFNOSUPPORT));
}

TEST_P(ConnectTest, AListenerCannotConnect) {
  const Listener listener = Listen();
  EXPECT_THAT(Connect(listener.fd, listener.address), SyscallFailsWith(EISCONN));
}

TEST_P(ConnectTest, FailsOnWhatIsNoSocket) {
  const sockaddr_in address = Listen().address;
  const Pipe pipe = NewPipe();
  EXPECT_THAT(Connect(pipe.read, address), SyscallFailsWith(ENOTSOCK));
  Fd fd = TcpSocket();
  EXPECT_THAT(Connect(fd.Close(), address), SyscallFailsWith(EBADF));
}

TEST_P(ConnectTest, EdgeTriggeredEpollReportsTheHandshakeOnce) {
  const Listener listener = Listen();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(fd, listener.address), SyscallFailsWith(EINPROGRESS));
  const Fd epoll = NewEpoll();
  EXPECT_THAT(EpollAdd(epoll, fd, kIn | kOut | kEdge), SyscallSucceeds());
  EXPECT_THAT(AwaitEvents(epoll), testing::ElementsAre(Event{fd, kOut}));
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
}

TEST_P(ConnectTest, AClosedListenerSaysNothingToWhomItDidNotLetIn) {
  Listener listener = Listen(0);
  const Fd first = Connect(listener);
  const Fd second = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(second, listener.address), SyscallFailsWith(EINPROGRESS));
  listener.fd.Close();
  Await(first, kErr);
  EXPECT_EQ(Ready(second), kNothing);
  // Refused when the SYN is sent again, after a second.
  Await(second, kErr);
  EXPECT_EQ(PendingError(second), ECONNREFUSED);
}

TEST_P(ConnectTest, AfterARefusalTheSocketIsStillNamedByItsPort) {
  Listener listener = Listen();
  listener.fd.Close();
  const Fd fd = TcpSocket();
  EXPECT_THAT(Connect(fd, listener.address), SyscallFailsWith(ECONNREFUSED));
  const sockaddr_in name = LocalAddress(fd);
  EXPECT_EQ(name.sin_addr.s_addr, htonl(INADDR_ANY));
  EXPECT_NE(name.sin_port, 0);
}

}  // namespace
}  // namespace hupstorm
