// Options that change how TCP behaves towards the program: when it counts as readable, when a
// connection is handed out, who may share a port; and connect(2)'s way to take a connection apart.

#include <arpa/inet.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class TcpOptionsTest : public KernelTest {
 protected:
  // connect(2) to no address.
  int Dissolve(int fd) {
    sockaddr address = {};
    address.sa_family = AF_UNSPEC;
    return Invoke<Call::kConnect>(kernel, fd, &address, sizeof address);
  }
};
INSTANTIATE_ON_BOTH_KERNELS(TcpOptionsTest);

TEST_P(TcpOptionsTest, LowWaterMarkDelaysReadability) {
  const Pair pair = ConnectedPair();
  SetOption(pair.server, SOL_SOCKET, SO_RCVLOWAT, 4);
  EXPECT_EQ(GetOption(pair.server, SOL_SOCKET, SO_RCVLOWAT), 4);
  Send(pair.client, "abc");
  AwaitUnread(pair.server, 3);
  EXPECT_EQ(Ready(pair.server), kOut);
  Send(pair.client, "d");
  Await(pair.server, kIn);
  EXPECT_EQ(Ready(pair.server), kIn | kOut);
}

TEST_P(TcpOptionsTest, LowWaterMarkDoesNotKeepANonblockingRecvFromReading) {
  const Pair pair = ConnectedPair();
  SetOption(pair.server, SOL_SOCKET, SO_RCVLOWAT, 4);
  Send(pair.client, "abc");
  AwaitUnread(pair.server, 3);
  EXPECT_EQ(Recv(pair.server), "abc");
}

TEST_P(TcpOptionsTest, LowWaterMarkDoesNotHideAFin) {
  const Pair pair = ConnectedPair();
  SetOption(pair.server, SOL_SOCKET, SO_RCVLOWAT, 4);
  Send(pair.client, "abc");
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup);
}

TEST_P(TcpOptionsTest, LowWaterMarkZeroReadsAsOne) {
  const Pair pair = ConnectedPair();
  SetOption(pair.server, SOL_SOCKET, SO_RCVLOWAT, 0);
  EXPECT_EQ(GetOption(pair.server, SOL_SOCKET, SO_RCVLOWAT), 1);
}

TEST_P(TcpOptionsTest, BelowTheLowWaterMarkDataIsNoNewsForEdgeTriggeredEpoll) {
  const Pair pair = ConnectedPair();
  SetOption(pair.server, SOL_SOCKET, SO_RCVLOWAT, 4);
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  Send(pair.client, "abc");
  AwaitUnread(pair.server, 3);
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
  Send(pair.client, "d");
  EXPECT_THAT(AwaitEvents(epoll), testing::ElementsAre(Event{pair.server, kIn}));
}

TEST_P(TcpOptionsTest, DeferredAcceptWaitsForData) {
  const Listener listener = Listen();
  SetOption(listener.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 30);
  const Fd client = Connect(listener);
  EXPECT_EQ(Ready(listener.fd), kNothing);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, 0),
              SyscallFailsWith(EAGAIN));
  EXPECT_EQ(Ready(client), kOut);
  Send(client, "now");
  const Fd server = Accept(listener);
  EXPECT_EQ(Receive(server, 3), "now");
}

TEST_P(TcpOptionsTest, DeferredAcceptIsRoundedUpToRetransmissions) {
  const Fd fd = TcpSocket();
  EXPECT_EQ(GetOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  for (const auto& [asked, given] :
       {std::pair(1, 1), std::pair(2, 3), std::pair(3, 3), std::pair(5, 7), std::pair(30, 31),
        std::pair(60, 63), std::pair(100, 127), std::pair(300, 367), std::pair(1000, 1087),
        std::pair(100'000, 29'887), std::pair(0, 0), std::pair(-1, 0)}) {
    SetOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, asked);
    EXPECT_EQ(GetOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), given) << asked;
  }
}

TEST_P(TcpOptionsTest, ADeferredConnectionIsReadyAtItsEndOfInputToo) {
  const Listener listener = Listen();
  SetOption(listener.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 30);
  const Fd client = Connect(listener);
  EXPECT_EQ(Ready(listener.fd), kNothing);
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, client, SHUT_WR), SyscallSucceeds());
  const Fd server = Accept(listener);
  EXPECT_EQ(GetOption(server, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0) << "the listener's own";
}

TEST_P(TcpOptionsTest, FastOpenIsForListeners) {
  const Listener listener = Listen();
  EXPECT_EQ(GetOption(listener.fd, IPPROTO_TCP, TCP_FASTOPEN), 0);
  SetOption(listener.fd, IPPROTO_TCP, TCP_FASTOPEN, 5);
  EXPECT_EQ(GetOption(listener.fd, IPPROTO_TCP, TCP_FASTOPEN), 5);
  const Fd fresh = TcpSocket();
  SetOption(fresh, IPPROTO_TCP, TCP_FASTOPEN, 7);
  EXPECT_EQ(GetOption(fresh, IPPROTO_TCP, TCP_FASTOPEN), 7);
  int value = -1;
  EXPECT_THAT(
      Invoke<Call::kSetsockopt>(kernel, fresh, IPPROTO_TCP, TCP_FASTOPEN, &value, sizeof value),
      SyscallFailsWith(EINVAL));
  const Fd client = Connect(listener);
  const Fd server = Accept(listener);
  EXPECT_EQ(GetOption(server, IPPROTO_TCP, TCP_FASTOPEN), 0);
  value = 5;
  EXPECT_THAT(
      Invoke<Call::kSetsockopt>(kernel, server, IPPROTO_TCP, TCP_FASTOPEN, &value, sizeof value),
      SyscallFailsWith(EINVAL));
}

TEST_P(TcpOptionsTest, ListenersThatAllSetReuseportShareAPort) {
  const Fd first = TcpSocket();
  SetOption(first, SOL_SOCKET, SO_REUSEPORT, 1);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);
  EXPECT_THAT(Invoke<Call::kBind>(kernel, first, raw, sizeof address), SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kListen>(kernel, first, 5), SyscallSucceeds());
  address = LocalAddress(first);
  const Fd second = TcpSocket();
  EXPECT_THAT(Invoke<Call::kBind>(kernel, second, raw, sizeof address),
              SyscallFailsWith(EADDRINUSE));
  SetOption(second, SOL_SOCKET, SO_REUSEPORT, 1);
  EXPECT_THAT(Invoke<Call::kBind>(kernel, second, raw, sizeof address), SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kListen>(kernel, second, 5), SyscallSucceeds());
  const Fd client = TcpSocket();
  EXPECT_THAT(Connect(client, address), SyscallSucceeds());
  pollfd both[] = {{first, POLLIN, 0}, {second, POLLIN, 0}};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, both, 2, kPatienceMs), SyscallSucceedsWithValue(1));
}

TEST_P(TcpOptionsTest, ConnectToNoAddressResetsThePeer) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Dissolve(pair.client), SyscallSucceeds());
  Await(pair.server, kErr);
  EXPECT_EQ(PendingError(pair.server), ECONNRESET);
}

TEST_P(TcpOptionsTest, ConnectToNoAddressLeavesAnUnconnectedSocketWithAnError) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Dissolve(pair.client), SyscallSucceeds());
  EXPECT_EQ(Ready(pair.client), kOut | kErr | kHup);
  EXPECT_EQ(PendingError(pair.client), ECONNRESET);
  EXPECT_THAT(TryRecv(pair.client), SyscallFailsWith(ENOTCONN));
}

TEST_P(TcpOptionsTest, ADissolvedSocketConnectsAgain) {
  const Listener listener = Listen();
  const Fd client = Connect(listener);
  const Fd first = Accept(listener);
  EXPECT_THAT(Dissolve(client), SyscallSucceeds());
  EXPECT_THAT(Connect(client, listener.address), SyscallSucceeds());
  const Fd second = Accept(listener);
  Send(client, "again");
  EXPECT_EQ(Receive(second, 5), "again");
}

TEST_P(TcpOptionsTest, NodelayAndCorkDoNotLoseBytes) {
  const Pair pair = ConnectedPair();
  SetOption(pair.client, IPPROTO_TCP, TCP_CORK, 1);
  Send(pair.client, "held ");
  Send(pair.client, "back");
  SetOption(pair.client, IPPROTO_TCP, TCP_CORK, 0);
  EXPECT_EQ(Receive(pair.server, 9), "held back");
  SetOption(pair.client, IPPROTO_TCP, TCP_NODELAY, 1);
  Send(pair.client, "x");
  EXPECT_EQ(Receive(pair.server, 1), "x");
}

TEST_P(TcpOptionsTest, ReuseaddrLetsTwoBindButOneListen) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);
  const Fd first = TcpSocket();
  const Fd second = TcpSocket();
  SetOption(first, SOL_SOCKET, SO_REUSEADDR, 1);
  SetOption(second, SOL_SOCKET, SO_REUSEADDR, 1);
  EXPECT_THAT(Invoke<Call::kBind>(kernel, first, raw, sizeof address), SyscallSucceeds());
  address = LocalAddress(first);
  EXPECT_THAT(Invoke<Call::kBind>(kernel, second, raw, sizeof address), SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kListen>(kernel, first, 5), SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kListen>(kernel, second, 5), SyscallFailsWith(EADDRINUSE));
}

TEST_P(TcpOptionsTest, AListenerOnAnyAddressIsReachedByLoopback) {
  const Fd listener = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Invoke<Call::kListen>(kernel, listener, 5), SyscallSucceeds());
  sockaddr_in address = LocalAddress(listener);
  EXPECT_EQ(address.sin_addr.s_addr, htonl(INADDR_ANY));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const Fd client = TcpSocket();
  EXPECT_THAT(Connect(client, address), SyscallSucceeds());
  Await(listener, kIn);
  const Fd server(kernel, Invoke<Call::kAccept>(kernel, listener, nullptr, nullptr, 0));
  EXPECT_EQ(LocalAddress(server).sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

}  // namespace
}  // namespace hupstorm
