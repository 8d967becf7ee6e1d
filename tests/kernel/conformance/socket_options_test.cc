// socket, bind, getsockopt and setsockopt: defaults, bounds and errors.

#include <arpa/inet.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class SocketOptionsTest : public KernelTest {
 protected:
  int Bind(int fd, const sockaddr_in& address) {
    return Invoke<Call::kBind>(kernel, fd, reinterpret_cast<const sockaddr*>(&address),
                               sizeof address);
  }
  sockaddr_in Loopback(uint16_t port_in_network_order = 0) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = port_in_network_order;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
};
INSTANTIATE_ON_BOTH_KERNELS(SocketOptionsTest);

TEST_P(SocketOptionsTest, SocketRefusesWhatItDoesNotKnow) {
  EXPECT_THAT(Invoke<Call::kSocket>(kernel, 9999, SOCK_STREAM, 0), SyscallFailsWith(EAFNOSUPPORT));
  EXPECT_THAT(Invoke<Call::kSocket>(kernel, AF_INET, 99, 0), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM | 0x10000, 0),
              SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM, IPPROTO_UDP),
              SyscallFailsWith(EPROTONOSUPPORT));
}

TEST_P(SocketOptionsTest, SocketTakesTheProtocolByName) {
  const Fd fd(kernel, Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM, IPPROTO_TCP));
  EXPECT_THAT(int{fd}, SyscallSucceeds());
}

TEST_P(SocketOptionsTest, SocketFlagsMakeItNonblockingAndCloseOnExec) {
  const Fd plain = TcpSocket();
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, plain, F_GETFL, 0), O_RDWR);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, plain, F_GETFD, 0), 0);
  const Fd fd = TcpSocket(SOCK_NONBLOCK | SOCK_CLOEXEC);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, fd, F_GETFD, 0), FD_CLOEXEC);
}

TEST_P(SocketOptionsTest, SocketFailsWithEmfileAtTheLimit) {
  under_test().SetDescriptorLimit(1);
  const Fd last = TcpSocket();
  EXPECT_THAT(Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM, 0), SyscallFailsWith(EMFILE));
}

TEST_P(SocketOptionsTest, KindAndStateCanBeRead) {
  const Listener listener = Listen();
  EXPECT_EQ(GetOption(listener.fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
  EXPECT_EQ(GetOption(listener.fd, SOL_SOCKET, SO_DOMAIN), AF_INET);
  EXPECT_EQ(GetOption(listener.fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
  EXPECT_EQ(GetOption(listener.fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
  EXPECT_EQ(GetOption(listener.fd, SOL_SOCKET, SO_ERROR), 0);
  const Fd fd = TcpSocket();
  EXPECT_EQ(GetOption(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
}

TEST_P(SocketOptionsTest, KindCannotBeSet) {
  const Fd fd = TcpSocket();
  const int value = SOCK_DGRAM;
  EXPECT_THAT(Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, SO_TYPE, &value, sizeof value),
              SyscallFailsWith(ENOPROTOOPT));
  EXPECT_THAT(Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, SO_ERROR, &value, sizeof value),
              SyscallFailsWith(ENOPROTOOPT));
}

TEST_P(SocketOptionsTest, SwitchesAreOffByDefaultAndReadAsOneWhenSet) {
  const Fd fd = TcpSocket();
  constexpr std::pair<int, int> kSwitches[] = {
      {SOL_SOCKET, SO_REUSEADDR}, {SOL_SOCKET, SO_REUSEPORT}, {SOL_SOCKET, SO_KEEPALIVE},
      {SOL_SOCKET, SO_OOBINLINE}, {IPPROTO_TCP, TCP_NODELAY},
  };
  for (const auto& [level, name] : kSwitches) {
    EXPECT_EQ(GetOption(fd, level, name), 0) << name;
    SetOption(fd, level, name, 5);
    EXPECT_EQ(GetOption(fd, level, name), 1) << name;
    SetOption(fd, level, name, 0);
    EXPECT_EQ(GetOption(fd, level, name), 0) << name;
  }
}

TEST_P(SocketOptionsTest, BufferSizesReadAsTwiceWhatWasSet) {
  const Fd fd = TcpSocket();
  SetOption(fd, SOL_SOCKET, SO_SNDBUF, 30'000);
  SetOption(fd, SOL_SOCKET, SO_RCVBUF, 20'000);
  EXPECT_EQ(GetOption(fd, SOL_SOCKET, SO_SNDBUF), 60'000);
  EXPECT_EQ(GetOption(fd, SOL_SOCKET, SO_RCVBUF), 40'000);
}

TEST_P(SocketOptionsTest, BufferSizesHaveAMinimum) {
  const Fd fd = TcpSocket();
  SetOption(fd, SOL_SOCKET, SO_SNDBUF, 1);
  SetOption(fd, SOL_SOCKET, SO_RCVBUF, 1);
  EXPECT_EQ(GetOption(fd, SOL_SOCKET, SO_SNDBUF), 4608);
  EXPECT_EQ(GetOption(fd, SOL_SOCKET, SO_RCVBUF), 2304);
}

TEST_P(SocketOptionsTest, LingerIsOffByDefaultAndReadsAsSet) {
  const Fd fd = TcpSocket();
  linger value = {7, 7};
  socklen_t length = sizeof value;
  EXPECT_THAT(Invoke<Call::kGetsockopt>(kernel, fd, SOL_SOCKET, SO_LINGER, &value, &length),
              SyscallSucceeds());
  EXPECT_EQ(value.l_onoff, 0);
  EXPECT_EQ(value.l_linger, 0);
  SetLinger(fd, true, 30);
  EXPECT_THAT(Invoke<Call::kGetsockopt>(kernel, fd, SOL_SOCKET, SO_LINGER, &value, &length),
              SyscallSucceeds());
  EXPECT_EQ(length, sizeof value);
  EXPECT_EQ(value.l_onoff, 1);
  EXPECT_EQ(value.l_linger, 30);
}

TEST_P(SocketOptionsTest, TimeoutsReadAsSet) {
  const Fd fd = TcpSocket();
  for (int name : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    timeval value = {9, 9};
    socklen_t length = sizeof value;
    EXPECT_THAT(Invoke<Call::kGetsockopt>(kernel, fd, SOL_SOCKET, name, &value, &length),
                SyscallSucceeds());
    EXPECT_EQ(value.tv_sec, 0);
    EXPECT_EQ(value.tv_usec, 0);
    value = {3, 500'000};
    EXPECT_THAT(Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, name, &value, sizeof value),
                SyscallSucceeds());
    value = {};
    EXPECT_THAT(Invoke<Call::kGetsockopt>(kernel, fd, SOL_SOCKET, name, &value, &length),
                SyscallSucceeds());
    EXPECT_EQ(value.tv_sec, 3);
    EXPECT_EQ(value.tv_usec, 500'000);
  }
}

TEST_P(SocketOptionsTest, ATimeoutOfAMillionMicrosecondsFailsWithEdom) {
  const Fd fd = TcpSocket();
  const timeval value = {0, 1'000'000};
  EXPECT_THAT(Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value),
              SyscallFailsWith(EDOM));
}

TEST_P(SocketOptionsTest, UnknownOptionsFailWithEnoprotoopt) {
  const Fd fd = TcpSocket();
  int value = 1;
  socklen_t length = sizeof value;
  for (int level : {SOL_SOCKET, int{IPPROTO_TCP}}) {
    EXPECT_THAT(Invoke<Call::kSetsockopt>(kernel, fd, level, 9999, &value, sizeof value),
                SyscallFailsWith(ENOPROTOOPT));
    EXPECT_THAT(Invoke<Call::kGetsockopt>(kernel, fd, level, 9999, &value, &length),
                SyscallFailsWith(ENOPROTOOPT));
  }
}

TEST_P(SocketOptionsTest, AValueThatIsTooShortFailsWithEinval) {
  const Fd fd = TcpSocket();
  const int value = 1;
  EXPECT_THAT(Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, SO_REUSEADDR, &value, 2),
              SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kSetsockopt>(kernel, fd, IPPROTO_TCP, TCP_NODELAY, &value, 2),
              SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, SO_LINGER, &value, sizeof value),
              SyscallFailsWith(EINVAL));
}

TEST_P(SocketOptionsTest, AReadIsCutToTheGivenLength) {
  const Fd fd = TcpSocket();
  unsigned char value[8];
  memset(value, 0xee, sizeof value);
  socklen_t length = 1;
  EXPECT_THAT(Invoke<Call::kGetsockopt>(kernel, fd, SOL_SOCKET, SO_TYPE, value, &length),
              SyscallSucceeds());
  EXPECT_EQ(length, 1u);
  EXPECT_EQ(value[0], SOCK_STREAM);
  EXPECT_EQ(value[1], 0xee);
  length = 8;
  EXPECT_THAT(Invoke<Call::kGetsockopt>(kernel, fd, SOL_SOCKET, SO_TYPE, value, &length),
              SyscallSucceeds());
  EXPECT_EQ(length, 4u);
}

TEST_P(SocketOptionsTest, OptionsAreForSocketsOnly) {
  const Pipe pipe = NewPipe();
  int value = 0;
  socklen_t length = sizeof value;
  EXPECT_THAT(Invoke<Call::kGetsockopt>(kernel, pipe.read, SOL_SOCKET, SO_TYPE, &value, &length),
              SyscallFailsWith(ENOTSOCK));
  EXPECT_THAT(
      Invoke<Call::kSetsockopt>(kernel, pipe.read, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value),
      SyscallFailsWith(ENOTSOCK));
  Fd fd = TcpSocket();
  EXPECT_THAT(Invoke<Call::kGetsockopt>(kernel, fd.Close(), SOL_SOCKET, SO_TYPE, &value, &length),
              SyscallFailsWith(EBADF));
}

TEST_P(SocketOptionsTest, DuplicatesShareOptions) {
  const Fd fd = TcpSocket();
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, fd));
  SetOption(copy, IPPROTO_TCP, TCP_NODELAY, 1);
  EXPECT_EQ(GetOption(fd, IPPROTO_TCP, TCP_NODELAY), 1);
}

TEST_P(SocketOptionsTest, KeepaliveTimesReadAsSet) {
  const Fd fd = TcpSocket();
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, 11);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, 12);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, 13);
  SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 14'000);
  EXPECT_EQ(GetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE), 11);
  EXPECT_EQ(GetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL), 12);
  EXPECT_EQ(GetOption(fd, IPPROTO_TCP, TCP_KEEPCNT), 13);
  EXPECT_EQ(GetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 14'000);
}

TEST_P(SocketOptionsTest, BindToPortZeroChoosesOne) {
  const Fd fd = TcpSocket();
  EXPECT_THAT(Bind(fd, Loopback()), SyscallSucceeds());
  EXPECT_NE(LocalAddress(fd).sin_port, 0);
  EXPECT_EQ(LocalAddress(fd).sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

TEST_P(SocketOptionsTest, BindTwiceFailsWithEinval) {
  const Fd fd = TcpSocket();
  EXPECT_THAT(Bind(fd, Loopback()), SyscallSucceeds());
  EXPECT_THAT(Bind(fd, Loopback()), SyscallFailsWith(EINVAL));
}

TEST_P(SocketOptionsTest, BindToAPortThatListensFailsWithEaddrinuse) {
  const Listener listener = Listen();
  const Fd fd = TcpSocket();
  EXPECT_THAT(Bind(fd, listener.address), SyscallFailsWith(EADDRINUSE));
  SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  EXPECT_THAT(Bind(fd, listener.address), SyscallFailsWith(EADDRINUSE));
}

TEST_P(SocketOptionsTest, BindToAPortOfAClosedListenerSucceeds) {
  Listener listener = Listen();
  listener.fd.Close();
  const Fd fd = TcpSocket();
  EXPECT_THAT(Bind(fd, listener.address), SyscallSucceeds());
}

TEST_P(SocketOptionsTest, APortInTimeWaitNeedsReuseaddr) {
  Listener listener = Listen();
  SetOption(listener.fd, SOL_SOCKET, SO_REUSEADDR, 1);
  Fd client = Connect(listener);
  Fd server = Accept(listener);
  listener.fd.Close();
  server.Close();  // first, so that it is the side that waits
  Await(client, kRdhup);
  client.Close();
  const Fd plain = TcpSocket();
  EXPECT_THAT(Bind(plain, listener.address), SyscallFailsWith(EADDRINUSE));
  const Fd reusing = TcpSocket();
  SetOption(reusing, SOL_SOCKET, SO_REUSEADDR, 1);
  EXPECT_THAT(Bind(reusing, listener.address), SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kListen>(kernel, reusing, 5), SyscallSucceeds());
}

TEST_P(SocketOptionsTest, BindRefusesBadAddresses) {
  const Fd fd = TcpSocket();
  sockaddr_in address = Loopback();
  EXPECT_THAT(Invoke<Call::kBind>(kernel, fd, reinterpret_cast<sockaddr*>(&address), 8),
              SyscallFailsWith(EINVAL));
  address.sin_family = AF_INET6;
  EXPECT_THAT(Bind(fd, address), SyscallFailsWith(EAFNOSUPPORT));
  address = Loopback();
  address.sin_addr.s_addr = htonl(0x08080808);
  EXPECT_THAT(Bind(fd, address), SyscallFailsWith(EADDRNOTAVAIL));
}

TEST_P(SocketOptionsTest, NamesAreForSocketsOnly) {
  const Pipe pipe = NewPipe();
  sockaddr_in address = {};
  socklen_t length = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  EXPECT_THAT(Bind(pipe.read, Loopback()), SyscallFailsWith(ENOTSOCK));
  EXPECT_THAT(Invoke<Call::kListen>(kernel, pipe.read, 5), SyscallFailsWith(ENOTSOCK));
  EXPECT_THAT(Invoke<Call::kGetsockname>(kernel, pipe.read, raw, &length),
              SyscallFailsWith(ENOTSOCK));
  EXPECT_THAT(Invoke<Call::kGetpeername>(kernel, pipe.read, raw, &length),
              SyscallFailsWith(ENOTSOCK));
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pipe.read, SHUT_RDWR), SyscallFailsWith(ENOTSOCK));
  EXPECT_THAT(TryRecv(pipe.read), SyscallFailsWith(ENOTSOCK));
  EXPECT_THAT(TrySend(pipe.write), SyscallFailsWith(ENOTSOCK));
}

}  // namespace
}  // namespace hupstorm
