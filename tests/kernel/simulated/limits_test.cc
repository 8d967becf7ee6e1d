#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <vector>

#include "tests/kernel/simulated/server_fixture.h"

namespace hupstorm {
namespace {

using Kind = SimulatedKernel::DescriptorKind;

class LimitsTest : public ServerFixture {};

TEST_F(LimitsTest, DescriptorsStartAt256) {
  EXPECT_EQ(Listen(), 256);
  EXPECT_EQ(Invoke<Call::kEpollCreate1>(kernel, 0), 257);
  Invoke<Call::kClose>(kernel, 256);
  EXPECT_EQ(Invoke<Call::kEventfd>(kernel, 0, 0), 256);
  EXPECT_TRUE(kernel.Simulates(256));
  EXPECT_FALSE(kernel.Simulates(255));
}

TEST_F(LimitsTest, TheLimitGivesEmfileAndLeavesConnectionsQueued) {
  const int listener = Listen();
  kernel.set_descriptor_limit(1);
  EXPECT_EQ(kernel.descriptor_limit(), 1);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener, nullptr, nullptr, 0),
              SyscallFailsWith(EMFILE));
  kernel.PeerConnect(kPort);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener, nullptr, nullptr, 0),
              SyscallFailsWith(EMFILE));
  EXPECT_EQ(kernel.accept_queue_length(), 1u);
  kernel.set_descriptor_limit(2);
  EXPECT_EQ(Accept(listener), 257);
}

TEST_F(LimitsTest, ADescriptorOfLinuxThatIsClosedMakesRoomUntilItIsOpenAgain) {
  const int listener = Listen();
  const int in_reserve = open("/", O_RDONLY);
  kernel.set_descriptor_limit(1);
  kernel.PeerConnect(kPort);
  kernel.PeerConnect(kPort);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener, nullptr, nullptr, 0),
              SyscallFailsWith(EMFILE));
  ASSERT_THAT(Invoke<Call::kClose>(kernel, in_reserve), SyscallSucceeds());
  const int accepted = Accept(listener);
  EXPECT_EQ(accepted, 257);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener, nullptr, nullptr, 0),
              SyscallFailsWith(EMFILE));
  ASSERT_THAT(Invoke<Call::kClose>(kernel, accepted), SyscallSucceeds());
  ASSERT_EQ(open("/", O_RDONLY), in_reserve);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener, nullptr, nullptr, 0),
              SyscallFailsWith(EMFILE));
  close(in_reserve);
}

TEST_F(LimitsTest, OpenDescriptorsAreListedInOrderWithTheirKind) {
  const int listener = Listen();
  kernel.PeerConnect(kPort);
  const int connection = Accept(listener);
  const int plain = Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM, 0);
  const int epoll = Invoke<Call::kEpollCreate1>(kernel, 0);
  const int event = Invoke<Call::kEventfd>(kernel, 0, EFD_NONBLOCK);
  const int timer = Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, 0);
  int pipe[2];
  int pair[2];
  Invoke<Call::kPipe2>(kernel, pipe, 0);
  Invoke<Call::kSocketpair>(kernel, AF_UNIX, SOCK_STREAM, 0, pair);
  const std::vector<std::pair<int, Kind>> expected = {
      {listener, Kind::kListener}, {connection, Kind::kConnection}, {plain, Kind::kSocket},
      {epoll, Kind::kEpoll},       {event, Kind::kEventfd},         {timer, Kind::kTimerfd},
      {pipe[0], Kind::kPipe},      {pipe[1], Kind::kPipe},          {pair[0], Kind::kSocketpair},
      {pair[1], Kind::kSocketpair}};
  std::vector<std::pair<int, Kind>> actual;
  for (const auto& open : kernel.OpenDescriptors()) actual.emplace_back(open.fd, open.kind);
  EXPECT_EQ(actual, expected);
  EXPECT_EQ(kernel.open_descriptor_count(), 10);
  EXPECT_TRUE(kernel.IsNonBlocking(event));
  EXPECT_FALSE(kernel.IsNonBlocking(timer));
  EXPECT_EQ(kernel.KindOf(1000), Kind::kFree);
  EXPECT_EQ(kernel.KindOf(0), Kind::kFree);
}

TEST_F(LimitsTest, AConnectionKeepsANameWhileOneOfItsDescriptorsIsOpen) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  const int fd = Accept(listener);
  const int other = Invoke<Call::kDup>(kernel, fd);
  Invoke<Call::kClose>(kernel, fd);
  EXPECT_EQ(kernel.ServerSide(peer).fd, other);
  EXPECT_EQ(kernel.ServerSide(peer).state, TcpState::kEstablished);
  Invoke<Call::kClose>(kernel, other);
  EXPECT_EQ(kernel.ServerSide(peer).fd, -1);
  EXPECT_TRUE(kernel.Status(peer).end_of_input);
}

TEST_F(LimitsTest, ServerBuffersHoldForConnectionsToCome) {
  const int listener = Listen();
  const int before = Accept((kernel.PeerConnect(kPort), listener));
  kernel.set_server_send_buffer(2048);
  kernel.set_server_receive_buffer(2048);
  const int after = Accept((kernel.PeerConnect(kPort), listener));
  const auto option = [this](int fd, int name) {
    int value = 0;
    socklen_t length = sizeof value;
    Invoke<Call::kGetsockopt>(kernel, fd, SOL_SOCKET, name, &value, &length);
    return value;
  };
  EXPECT_EQ(option(before, SO_SNDBUF), 16 * 1024);
  EXPECT_EQ(option(before, SO_RCVBUF), 128 * 1024);
  // As setsockopt would: doubled, and not below the least.
  EXPECT_EQ(option(after, SO_SNDBUF), 4608);
  EXPECT_EQ(option(after, SO_RCVBUF), 4096);
}

TEST_F(LimitsTest, RealDescriptorsGoToLinux) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, fds[1], "x", 1), SyscallSucceedsWithValue(1));
  const int event = Invoke<Call::kEventfd>(kernel, 1, 0);
  pollfd both[2] = {{fds[0], POLLIN, 0}, {event, POLLIN, 0}};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, both, 2, -1), SyscallSucceedsWithValue(2));
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(fds[0], &readable);
  FD_SET(event, &readable);
  EXPECT_THAT(Invoke<Call::kSelect>(kernel, event + 1, &readable, nullptr, nullptr, nullptr),
              SyscallSucceedsWithValue(2));
  char byte;
  EXPECT_THAT(Invoke<Call::kRead>(kernel, fds[0], &byte, 1), SyscallSucceedsWithValue(1));
  EXPECT_THAT(Invoke<Call::kClose>(kernel, fds[0]), SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kClose>(kernel, fds[1]), SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kClose>(kernel, fds[1]), SyscallFailsWith(EBADF));
}

TEST_F(LimitsTest, ARealDescriptorInAnEpollIsReadyWhenLinuxSaysSo) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  ASSERT_EQ(write(fds[1], "x", 1), 1);
  const int epoll = Invoke<Call::kEpollCreate1>(kernel, 0);
  epoll_event event = {.events = EPOLLIN, .data = {.fd = fds[0]}};
  EXPECT_THAT(Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_ADD, fds[0], &event),
              SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_ADD, fds[0], &event),
              SyscallFailsWith(EEXIST));
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &event, 1, 0), SyscallSucceedsWithValue(1));
  char byte;
  EXPECT_EQ(read(fds[0], &byte, 1), 1);
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &event, 1, 0), SyscallSucceedsWithValue(0));
  Invoke<Call::kClose>(kernel, fds[0]);
  EXPECT_THAT(Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_DEL, fds[0], &event),
              SyscallFailsWith(EBADF));
  Invoke<Call::kClose>(kernel, fds[1]);
}

TEST_F(LimitsTest, WhatIsNotSimulatedAbortsWithItsName) {
  const int fd = Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM, 0);
  EXPECT_DEATH(Invoke<Call::kFcntl>(kernel, fd, F_SETLK, 0), "fcntl: command 6 is not simulated");
  EXPECT_DEATH(Invoke<Call::kSocket>(kernel, AF_INET, SOCK_DGRAM, 0),
               "socket: type 2 is not simulated");
  EXPECT_DEATH(Invoke<Call::kDup3>(kernel, fd, 10, 0), "dup3: .*10 is not simulated");
}

}  // namespace
}  // namespace hupstorm
