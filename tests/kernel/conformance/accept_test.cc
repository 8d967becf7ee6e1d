// The accept queue: what waits in it, what accept hands out, and what becomes of clients that did
// not wait.

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class AcceptTest : public KernelTest {};
INSTANTIATE_ON_BOTH_KERNELS(AcceptTest);

TEST_P(AcceptTest, FailsWithEagainWhereNobodyWaits) {
  const Listener listener = Listen();
  EXPECT_EQ(Ready(listener.fd), kNothing);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, 0),
              SyscallFailsWith(EAGAIN));
}

TEST_P(AcceptTest, ListenerIsReadableUntilTheQueueIsEmpty) {
  const Listener listener = Listen();
  const Fd a = Connect(listener);
  const Fd b = Connect(listener);
  Await(listener.fd, kIn);
  EXPECT_EQ(Ready(listener.fd), kIn);
  const Fd server_a = Accept(listener);
  const Fd server_b = Accept(listener);
  EXPECT_EQ(Ready(listener.fd), kNothing);
}

TEST_P(AcceptTest, ReportsTheClientsAddress) {
  const Listener listener = Listen();
  const Fd client = Connect(listener);
  Await(listener.fd, kIn);
  sockaddr_in address = {};
  socklen_t length = sizeof address;
  const Fd server(kernel, Invoke<Call::kAccept>(kernel, listener.fd,
                                                reinterpret_cast<sockaddr*>(&address), &length, 0));
  ASSERT_THAT(int{server}, SyscallSucceeds());
  EXPECT_EQ(length, sizeof address);
  EXPECT_EQ(address.sin_family, AF_INET);
  EXPECT_EQ(address.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  EXPECT_EQ(address.sin_port, LocalAddress(client).sin_port);
}

TEST_P(AcceptTest, BothEndsAgreeOnTheirNames) {
  const Listener listener = Listen();
  const Fd client = Connect(listener);
  const Fd server = Accept(listener);
  EXPECT_EQ(LocalAddress(server).sin_port, listener.address.sin_port);
  sockaddr_in peer = {};
  socklen_t length = sizeof peer;
  EXPECT_THAT(
      Invoke<Call::kGetpeername>(kernel, client, reinterpret_cast<sockaddr*>(&peer), &length),
      SyscallSucceeds());
  EXPECT_EQ(peer.sin_port, listener.address.sin_port);
  EXPECT_THAT(
      Invoke<Call::kGetpeername>(kernel, server, reinterpret_cast<sockaddr*>(&peer), &length),
      SyscallSucceeds());
  EXPECT_EQ(peer.sin_port, LocalAddress(client).sin_port);
}

TEST_P(AcceptTest, CutsTheAddressToTheGivenLengthAndReportsItsOwn) {
  const Listener listener = Listen();
  const Fd client = Connect(listener);
  Await(listener.fd, kIn);
  char address[sizeof(sockaddr_in)];
  memset(address, '#', sizeof address);
  socklen_t length = 4;
  const Fd server(kernel, Invoke<Call::kAccept>(kernel, listener.fd,
                                                reinterpret_cast<sockaddr*>(address), &length, 0));
  ASSERT_THAT(int{server}, SyscallSucceeds());
  EXPECT_EQ(length, sizeof(sockaddr_in));
  EXPECT_NE(address[2], '#');
  EXPECT_EQ(address[4], '#');
}

TEST_P(AcceptTest, HandsOutInOrderOfArrival) {
  const Listener listener = Listen();
  Fd clients[3];
  for (Fd& client : clients) client = Connect(listener);
  for (Fd& client : clients) {
    Await(listener.fd, kIn);
    sockaddr_in address = {};
    socklen_t length = sizeof address;
    const Fd server(
        kernel, Invoke<Call::kAccept>(kernel, listener.fd, reinterpret_cast<sockaddr*>(&address),
                                      &length, 0));
    EXPECT_EQ(address.sin_port, LocalAddress(client).sin_port);
  }
}

TEST_P(AcceptTest, DataThatWasSentBeforeIsThere) {
  const Listener listener = Listen();
  const Fd client = Connect(listener);
  Send(client, "early");
  const Fd server = Accept(listener);
  EXPECT_EQ(Receive(server, 5), "early");
}

TEST_P(AcceptTest, AClientThatClosedIsHandedOutWithItsDataAndEndOfInput) {
  const Listener listener = Listen();
  Fd client = Connect(listener);
  Send(client, "bye");
  client.Close();
  const Fd server = Accept(listener, SOCK_NONBLOCK);
  Await(server, kRdhup);
  EXPECT_EQ(Ready(server), kIn | kOut | kRdhup);
  EXPECT_EQ(Recv(server), "bye");
  EXPECT_THAT(TryRecv(server), SyscallSucceedsWithValue(0));
}

TEST_P(AcceptTest, AClientThatResetIsHandedOutAllTheSame) {
  const Listener listener = Listen();
  Fd client = Connect(listener);
  Await(listener.fd, kIn);
  const sockaddr_in name = LocalAddress(client);
  Reset(client);
  sockaddr_in address = {};
  socklen_t length = sizeof address;
  const Fd server(kernel,
                  Invoke<Call::kAccept>(kernel, listener.fd, reinterpret_cast<sockaddr*>(&address),
                                        &length, SOCK_NONBLOCK));
  ASSERT_THAT(int{server}, SyscallSucceeds());
  EXPECT_EQ(address.sin_port, name.sin_port);
  Await(server, kErr);
  EXPECT_EQ(Ready(server), kIn | kOut | kRdhup | kErr | kHup);
  EXPECT_THAT(
      Invoke<Call::kGetpeername>(kernel, server, reinterpret_cast<sockaddr*>(&address), &length),
      SyscallFailsWith(ENOTCONN));
  EXPECT_THAT(TryRecv(server), SyscallFailsWith(ECONNRESET));
}

TEST_P(AcceptTest, DataOfAClientThatResetIsReadable) {
  const Listener listener = Listen();
  Fd client = Connect(listener);
  Await(listener.fd, kIn);
  Send(client, "before");
  Reset(client);
  const Fd server = Accept(listener, SOCK_NONBLOCK);
  Await(server, kErr);
  EXPECT_EQ(Recv(server), "before");
  EXPECT_THAT(TryRecv(server), SyscallFailsWith(ECONNRESET));
}

TEST_P(AcceptTest, ListenerStaysReadableWhenAWaitingClientResets) {
  const Listener listener = Listen();
  Fd client = Connect(listener);
  Await(listener.fd, kIn);
  Reset(client);
  EXPECT_EQ(Ready(listener.fd), kIn);
}

TEST_P(AcceptTest, AcceptedSocketsDoNotInheritNonblocking) {
  const Listener listener = Listen();
  const Fd client = Connect(listener);
  const Fd server = Accept(listener);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, server, F_GETFL, 0) & O_NONBLOCK, 0);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, server, F_GETFD, 0), 0);
}

TEST_P(AcceptTest, FlagsMakeTheSocketNonblockingAndCloseOnExec) {
  const Listener listener = Listen();
  const Fd client = Connect(listener);
  const Fd server = Accept(listener, SOCK_NONBLOCK | SOCK_CLOEXEC);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, server, F_GETFL, 0) & O_NONBLOCK, O_NONBLOCK);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, server, F_GETFD, 0), FD_CLOEXEC);
}

TEST_P(AcceptTest, UnknownFlagsFailWithEinval) {
  const Listener listener = Listen();
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, 1),
              SyscallFailsWith(EINVAL));
}

TEST_P(AcceptTest, AcceptedSocketsInheritOptions) {
  const Listener listener = Listen();
  SetOption(listener.fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(listener.fd, SOL_SOCKET, SO_REUSEADDR, 1);
  SetOption(listener.fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(listener.fd, SOL_SOCKET, SO_SNDBUF, 10'000);
  SetLinger(listener.fd, true, 7);
  const Fd client = Connect(listener);
  const Fd server = Accept(listener);
  EXPECT_EQ(GetOption(server, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(GetOption(server, SOL_SOCKET, SO_REUSEADDR), 1);
  EXPECT_EQ(GetOption(server, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(GetOption(server, SOL_SOCKET, SO_SNDBUF), 20'000);
  linger value = {};
  socklen_t length = sizeof value;
  EXPECT_THAT(Invoke<Call::kGetsockopt>(kernel, server, SOL_SOCKET, SO_LINGER, &value, &length),
              SyscallSucceeds());
  EXPECT_EQ(value.l_onoff, 1);
  EXPECT_EQ(value.l_linger, 7);
}

TEST_P(AcceptTest, TheQueueHoldsOneMoreThanTheBacklog) {
  const Listener listener = Listen(/*backlog=*/2);
  Fd clients[3];
  for (Fd& client : clients) client = Connect(listener);
  const Fd late = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Connect(late, listener.address), SyscallFailsWith(EINPROGRESS));
  EXPECT_EQ(Ready(late), kNothing);
  Fd servers[3];
  for (Fd& server : servers) server = Accept(listener);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, 0),
              SyscallFailsWith(EAGAIN));
  // Its SYN is sent again after a second, and there is room now.
  Await(late, kOut);
  EXPECT_EQ(PendingError(late), 0);
  const Fd last = Accept(listener);
  Send(late, "in");
  EXPECT_EQ(Receive(last, 2), "in");
}

TEST_P(AcceptTest, EmfileLeavesTheClientInTheQueue) {
  const Listener listener = Listen();
  const Fd client = Connect(listener);
  Await(listener.fd, kIn);
  under_test().SetDescriptorLimit(0);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, 0),
              SyscallFailsWith(EMFILE));
  EXPECT_EQ(Ready(listener.fd), kIn);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, 0),
              SyscallFailsWith(EMFILE));
  under_test().LiftDescriptorLimit();
  const Fd server = Accept(listener);
  Send(client, "served");
  EXPECT_EQ(Receive(server, 6), "served");
}

TEST_P(AcceptTest, EmfileGoesBeforeEagain) {
  const Listener listener = Listen();
  under_test().SetDescriptorLimit(0);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, 0),
              SyscallFailsWith(EMFILE));
}

TEST_P(AcceptTest, AClosedDescriptorMakesRoomAtTheLimit) {
  const Listener listener = Listen();
  const Fd client = Connect(listener);
  Await(listener.fd, kIn);
  Fd spare = TcpSocket();
  under_test().SetDescriptorLimit(0);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, 0),
              SyscallFailsWith(EMFILE));
  spare.Close();
  const Fd server = Accept(listener);
  EXPECT_THAT(int{server}, SyscallSucceeds());
}

TEST_P(AcceptTest, ClosingTheListenerResetsWhoWaits) {
  Listener listener = Listen();
  const Fd client = Connect(listener);
  Await(listener.fd, kIn);
  listener.fd.Close();
  Await(client, kErr);
  EXPECT_EQ(Ready(client), kIn | kOut | kRdhup | kErr | kHup);
  EXPECT_THAT(TryRecv(client), SyscallFailsWith(ECONNRESET));
}

TEST_P(AcceptTest, ClosingTheListenerLeavesAcceptedConnections) {
  Listener listener = Listen();
  const Fd client = Connect(listener);
  const Fd server = Accept(listener);
  listener.fd.Close();
  Send(client, "still");
  EXPECT_EQ(Receive(server, 5), "still");
}

TEST_P(AcceptTest, ShutdownOfAListenerHangsItUp) {
  const Listener listener = Listen();
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, listener.fd, SHUT_RD), SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, 0),
              SyscallFailsWith(EINVAL));
  EXPECT_EQ(Ready(listener.fd), kOut | kHup);
  const Fd client = TcpSocket();
  EXPECT_THAT(Connect(client, listener.address), SyscallFailsWith(ECONNREFUSED));
}

TEST_P(AcceptTest, FailsWithEinvalOnASocketThatDoesNotListen) {
  const Fd fd = TcpSocket();
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, fd, nullptr, nullptr, 0), SyscallFailsWith(EINVAL));
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, pair.server, nullptr, nullptr, 0),
              SyscallFailsWith(EINVAL));
}

TEST_P(AcceptTest, FailsOnWhatIsNoSocket) {
  const Pipe pipe = NewPipe();
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, pipe.read, nullptr, nullptr, 0),
              SyscallFailsWith(ENOTSOCK));
  Fd fd = TcpSocket();
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, fd.Close(), nullptr, nullptr, 0),
              SyscallFailsWith(EBADF));
}

TEST_P(AcceptTest, AListenerTakesNoBytes) {
  const Listener listener = Listen();
  EXPECT_THAT(TryRecv(listener.fd), SyscallFailsWith(ENOTCONN));
  EXPECT_THAT(TrySend(listener.fd), SyscallFailsWith(EPIPE));
  sockaddr_in peer = {};
  socklen_t length = sizeof peer;
  EXPECT_THAT(
      Invoke<Call::kGetpeername>(kernel, listener.fd, reinterpret_cast<sockaddr*>(&peer), &length),
      SyscallFailsWith(ENOTCONN));
}

TEST_P(AcceptTest, ListenAgainChangesTheBacklog) {
  const Listener listener = Listen(/*backlog=*/0);
  const Fd first = Connect(listener);
  EXPECT_THAT(Invoke<Call::kListen>(kernel, listener.fd, 5), SyscallSucceeds());
  const Fd second = Connect(listener);
  const Fd server = Accept(listener);
  const Fd other_server = Accept(listener);
}

TEST_P(AcceptTest, ANegativeBacklogIsALargeOne) {
  const Listener listener = Listen(/*backlog=*/-1);
  std::vector<Fd> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(Connect(listener));
  Await(listener.fd, kIn);
}

TEST_P(AcceptTest, ListenOnAConnectedSocketFailsWithEinval) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Invoke<Call::kListen>(kernel, pair.server, 5), SyscallFailsWith(EINVAL));
}

TEST_P(AcceptTest, ListenWithoutBindChoosesAPort) {
  const Fd fd = TcpSocket();
  EXPECT_THAT(Invoke<Call::kListen>(kernel, fd, 5), SyscallSucceeds());
  EXPECT_NE(LocalAddress(fd).sin_port, 0);
}

TEST_P(AcceptTest, AListenerThatIsShutDownKeepsItsName) {
  const Listener listener = Listen();
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, listener.fd, SHUT_RD), SyscallSucceeds());
  const sockaddr_in name = LocalAddress(listener.fd);
  EXPECT_EQ(name.sin_addr.s_addr, listener.address.sin_addr.s_addr);
  EXPECT_EQ(name.sin_port, listener.address.sin_port);
}

}  // namespace
}  // namespace hupstorm
