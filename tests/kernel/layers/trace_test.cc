#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "kernel/host_kernel.h"
#include "kernel/trace/trace_recorder.h"
#include "tests/kernel/layers/machine.h"

namespace hupstorm {
namespace {

using testing::EndsWith;
using testing::MatchesRegex;
using testing::StartsWith;

class TraceTest : public MachineTest {
 protected:
  // The line of the last call.
  const std::string& line() const { return lines_.back(); }

  std::vector<std::string> lines_;
  TraceRecorder kernel_{machine_.kernel(), [this](const SystemCall&, std::string line) {
                          lines_.push_back(std::move(line));
                        }};
};

TEST_P(TraceTest, SocketCalls) {
  const int fd = Invoke<Call::kSocket>(kernel_, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  EXPECT_EQ(line(), fmt::format("socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, 0) = {}", fd));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Invoke<Call::kBind>(kernel_, fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  EXPECT_EQ(line(), fmt::format("bind({}, {{127.0.0.1:0}}) = 0", fd));
  Invoke<Call::kListen>(kernel_, fd, -1);
  EXPECT_EQ(line(), fmt::format("listen({}, -1) = 0", fd));
  Invoke<Call::kAccept>(kernel_, fd, nullptr, nullptr, SOCK_CLOEXEC);
  EXPECT_EQ(line(), fmt::format("accept4({}, NULL, SOCK_CLOEXEC) = -1 EAGAIN (Resource temporarily "
                                "unavailable)",
                                fd));
  const int one = 1;
  Invoke<Call::kSetsockopt>(kernel_, fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  EXPECT_EQ(line(), fmt::format("setsockopt({}, IPPROTO_TCP, TCP_NODELAY, [1]) = 0", fd));
  const linger reset{.l_onoff = 1, .l_linger = 0};
  Invoke<Call::kSetsockopt>(kernel_, fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  EXPECT_EQ(line(), fmt::format("setsockopt({}, SOL_SOCKET, SO_LINGER, {{on, 0s}}) = 0", fd));
  Invoke<Call::kClose>(kernel_, fd);
  EXPECT_EQ(line(), fmt::format("close({}) = 0", fd));
  Invoke<Call::kClose>(kernel_, -1);
  EXPECT_EQ(line(), "close(-1) = -1 EBADF (Bad file descriptor)");
}

TEST_P(TraceTest, AcceptNamesTheClient) {
  machine_.Connect();
  sockaddr_in address{};
  socklen_t length = sizeof(address);
  const int fd = Invoke<Call::kAccept>(kernel_, machine_.listener(),
                                       reinterpret_cast<sockaddr*>(&address), &length, 0);
  EXPECT_EQ(line(), fmt::format("accept4({}, {{127.0.0.1:{}}}, 0) = {}", machine_.listener(),
                                ntohs(address.sin_port), fd));
  Invoke<Call::kGetpeername>(kernel_, fd, reinterpret_cast<sockaddr*>(&address), &length);
  EXPECT_EQ(line(),
            fmt::format("getpeername({}, {{127.0.0.1:{}}}) = 0", fd, ntohs(address.sin_port)));
  Invoke<Call::kClose>(kernel_, fd);
}

TEST_P(TraceTest, BytesAreCutAndEscaped) {
  const int fd = machine_.Accepted(true);
  Invoke<Call::kSend>(kernel_, fd, "a\"b\\\r\n\t\x00\xff", 9, MSG_NOSIGNAL);
  EXPECT_EQ(line(), fmt::format(R"(send({}, "a\"b\\\r\n\t\x00\xff", 9, MSG_NOSIGNAL) = 9)", fd));
  const std::string exact(32, 'x');
  Invoke<Call::kWrite>(kernel_, fd, exact.data(), 32);
  EXPECT_EQ(line(), fmt::format("write({}, \"{}\", 32) = 32", fd, exact));
  Invoke<Call::kWrite>(kernel_, fd, (exact + 'y').data(), 33);
  EXPECT_EQ(line(), fmt::format("write({}, \"{}\"..., 33) = 33", fd, exact));
  char buffer[8];
  Invoke<Call::kRecv>(kernel_, fd, buffer, 8, MSG_PEEK);
  EXPECT_EQ(line(), fmt::format("recv({}, ..., 8, MSG_PEEK) = -1 EAGAIN (Resource temporarily "
                                "unavailable)",
                                fd));
  machine_.ClientSend("abc");
  iovec parts[] = {{buffer, 2}, {buffer + 2, 6}};
  Invoke<Call::kReadv>(kernel_, fd, parts, 2);
  EXPECT_EQ(line(), fmt::format("readv({}, \"abc\", 8) = 3", fd));
}

TEST_P(TraceTest, SeveralMessages) {
  const int fd = machine_.Accepted(true);
  machine_.ClientSend("abcdef");
  char bytes[8];
  iovec parts[] = {{bytes, 4}, {bytes + 4, 4}};
  mmsghdr messages[2] = {};
  for (size_t i = 0; i < 2; ++i) {
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  Invoke<Call::kRecvmmsg>(kernel_, fd, messages, 2, MSG_DONTWAIT, nullptr);
  EXPECT_EQ(
      line(),
      fmt::format(R"(recvmmsg({}, [{{"abcd", 4}}, {{"ef", 2}}], 2, MSG_DONTWAIT, NULL) = 2)", fd));
  Invoke<Call::kSendmmsg>(kernel_, fd, messages, 1, MSG_NOSIGNAL);
  EXPECT_EQ(line(), fmt::format(R"(sendmmsg({}, [{{"abcd", 4}}], 1, MSG_NOSIGNAL) = 1)", fd));
  Invoke<Call::kRecvmmsg>(kernel_, fd, messages, 2, MSG_DONTWAIT, nullptr);
  EXPECT_THAT(line(),
              StartsWith(fmt::format("recvmmsg({}, ..., 2, MSG_DONTWAIT, NULL) = -1 EAGAIN", fd)));
}

TEST_P(TraceTest, Readiness) {
  const int fd = machine_.Accepted(true);
  machine_.ClientSend("a");
  const int epfd = Invoke<Call::kEpollCreate1>(kernel_, EPOLL_CLOEXEC);
  EXPECT_EQ(line(), fmt::format("epoll_create1(EPOLL_CLOEXEC) = {}", epfd));
  // A pointer, as many servers have there: it must not show.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = &event}};
  Invoke<Call::kEpollCtl>(kernel_, epfd, EPOLL_CTL_ADD, fd, &event);
  EXPECT_EQ(line(),
            fmt::format("epoll_ctl({}, EPOLL_CTL_ADD, {}, {{EPOLLIN|EPOLLET}}) = 0", epfd, fd));
  Invoke<Call::kEpollWait>(kernel_, epfd, &event, 1, -1);
  EXPECT_EQ(line(), fmt::format("epoll_wait({}, [{{EPOLLIN, {}}}], 1, -1) = 1", epfd, fd));
  Invoke<Call::kEpollWait>(kernel_, epfd, &event, 1, 0);
  EXPECT_EQ(line(), fmt::format("epoll_wait({}, [], 1, 0) = 0", epfd));
  Invoke<Call::kEpollCtl>(kernel_, epfd, EPOLL_CTL_DEL, fd, nullptr);
  EXPECT_EQ(line(), fmt::format("epoll_ctl({}, EPOLL_CTL_DEL, {}) = 0", epfd, fd));

  pollfd fds[] = {{.fd = fd, .events = POLLIN | POLLPRI, .revents = 0},
                  {.fd = -1, .events = POLLOUT, .revents = 0}};
  Invoke<Call::kPoll>(kernel_, fds, 2, 100);
  EXPECT_EQ(line(), fmt::format("poll([{{{}, POLLIN|POLLPRI -> POLLIN}}, {{-1, POLLOUT}}], 2, 100) "
                                "= 1",
                                fd));

  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(fd, &readable);
  FD_SET(machine_.listener(), &readable);
  fd_set writable = readable;
  FD_CLR(machine_.listener(), &writable);
  timeval timeout{.tv_sec = 1, .tv_usec = 0};
  Invoke<Call::kSelect>(kernel_, fd + 1, &readable, &writable, nullptr, &timeout);
  EXPECT_EQ(line(),
            fmt::format("select({0}, [{1} {2}], [{2}], NULL, 1000ms) = 2 (in [{2}], out [{2}])",
                        fd + 1, machine_.listener(), fd));
  Invoke<Call::kClose>(kernel_, epfd);
}

TEST_P(TraceTest, DescriptorsClocksAndSignals) {
  const int fd = Invoke<Call::kEventfd>(kernel_, 1, EFD_NONBLOCK | EFD_SEMAPHORE);
  EXPECT_EQ(line(), fmt::format("eventfd2(1, EFD_SEMAPHORE|EFD_NONBLOCK) = {}", fd));
  Invoke<Call::kFcntl>(kernel_, fd, F_GETFL, 0);
  EXPECT_EQ(line(), fmt::format("fcntl({}, F_GETFL) = 2050 (O_RDWR|O_NONBLOCK)", fd));
  Invoke<Call::kFcntl>(kernel_, fd, F_SETFL, O_NONBLOCK);
  EXPECT_EQ(line(), fmt::format("fcntl({}, F_SETFL, O_RDONLY|O_NONBLOCK) = 0", fd));
  int off = 0;
  Invoke<Call::kIoctl>(kernel_, fd, FIONBIO, &off);
  EXPECT_EQ(line(), fmt::format("ioctl({}, FIONBIO, [0]) = 0", fd));
  Invoke<Call::kClose>(kernel_, fd);
  int fds[2];
  Invoke<Call::kPipe2>(kernel_, fds, O_CLOEXEC | O_NONBLOCK);
  EXPECT_EQ(line(), fmt::format("pipe2([{}, {}], O_NONBLOCK|O_CLOEXEC) = 0", fds[0], fds[1]));
  Invoke<Call::kClose>(kernel_, fds[0]);
  Invoke<Call::kClose>(kernel_, fds[1]);
  const int timer = Invoke<Call::kTimerfdCreate>(kernel_, CLOCK_MONOTONIC, 0);
  EXPECT_EQ(line(), fmt::format("timerfd_create(CLOCK_MONOTONIC, 0) = {}", timer));
  const itimerspec value{.it_interval = {}, .it_value = {.tv_sec = 1, .tv_nsec = 500'000'000}};
  Invoke<Call::kTimerfdSettime>(kernel_, timer, 0, &value, nullptr);
  EXPECT_EQ(line(), fmt::format("timerfd_settime({}, 0, {{every 0.000000000s, in 1.500000000s}}, "
                                "NULL) = 0",
                                timer));
  Invoke<Call::kClose>(kernel_, timer);
  timespec now;
  Invoke<Call::kClockGettime>(kernel_, CLOCK_MONOTONIC, &now);
  EXPECT_THAT(line(), MatchesRegex("clock_gettime\\(CLOCK_MONOTONIC, .[0-9.]+s.\\) = 0"));
  struct sigaction action {};
  action.sa_handler = SIG_IGN;
  action.sa_flags = SA_RESTART;
  Invoke<Call::kSigaction>(kernel_, SIGPIPE, &action, nullptr);
  EXPECT_EQ(line(), "rt_sigaction(SIGPIPE, {SIG_IGN, SA_RESTART}, NULL) = 0");
}

// On Linux only: the simulation writes through what it is given, and a wild pointer ends the
// server.
TEST(TraceOfWildPointersTest, AreNotLookedAtAfterAFailure) {
  HostKernel linux;
  std::string line;
  TraceRecorder kernel(linux, [&](const SystemCall&, std::string text) { line = std::move(text); });
  auto* const wild = reinterpret_cast<char*>(16);
  int fds[2];
  ASSERT_EQ(Invoke<Call::kSocketpair>(linux, AF_UNIX, SOCK_STREAM, 0, fds), 0);
  Invoke<Call::kSend>(kernel, fds[0], wild, 8, 0);
  EXPECT_EQ(line, fmt::format("send({}, ..., 8, 0) = -1 EFAULT (Bad address)", fds[0]));
  Invoke<Call::kEpollWait>(kernel, fds[0], nullptr, 1, 0);
  EXPECT_THAT(line, StartsWith(fmt::format("epoll_wait({}, NULL, 1, 0) = -1 E", fds[0])));
  Invoke<Call::kGetsockname>(kernel, fds[0], reinterpret_cast<sockaddr*>(wild), nullptr);
  EXPECT_THAT(line, EndsWith("= -1 EFAULT (Bad address)"));
  Invoke<Call::kClose>(linux, fds[0]);
  Invoke<Call::kClose>(linux, fds[1]);
}

HUPSTORM_ON_BOTH_MACHINES(TraceTest);

}  // namespace
}  // namespace hupstorm
