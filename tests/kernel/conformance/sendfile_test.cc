// sendfile(2): from a file of the test to sockets and pipes, and from a socket to a pipe.

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdio>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class SendfileTest : public KernelTest {
 protected:
  SendfileTest() {
    EXPECT_EQ(fwrite("0123456789", 1, 10, file_), 10u);
    fflush(file_);
    lseek(in(), 0, SEEK_SET);
  }
  ~SendfileTest() override { fclose(file_); }

  int in() const { return fileno(file_); }
  off_t Position() const { return lseek(in(), 0, SEEK_CUR); }
  ssize_t Sendfile(int out, int from, off_t* offset, size_t count) {
    return Invoke<Call::kSendfile>(kernel, out, from, offset, count);
  }

 private:
  FILE* const file_ = tmpfile();
};
INSTANTIATE_ON_BOTH_KERNELS(SendfileTest);

TEST_P(SendfileTest, SendsFromTheFilesPositionAndMovesIt) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Sendfile(pair.server, in(), nullptr, 4), SyscallSucceedsWithValue(4));
  EXPECT_EQ(Position(), 4);
  EXPECT_THAT(Sendfile(pair.server, in(), nullptr, 100), SyscallSucceedsWithValue(6));
  EXPECT_THAT(Sendfile(pair.server, in(), nullptr, 100), SyscallSucceedsWithValue(0));
  EXPECT_THAT(Sendfile(pair.server, in(), nullptr, 0), SyscallSucceedsWithValue(0));
  AwaitUnread(pair.client, 10);
  EXPECT_EQ(Receive(pair.client, 10), "0123456789");
}

TEST_P(SendfileTest, AnOffsetIsMovedInItsPlace) {
  const Pair pair = ConnectedPair();
  off_t offset = 2;
  EXPECT_THAT(Sendfile(pair.server, in(), &offset, 3), SyscallSucceedsWithValue(3));
  EXPECT_EQ(offset, 5);
  EXPECT_EQ(Position(), 0);
  AwaitUnread(pair.client, 3);
  EXPECT_EQ(Receive(pair.client, 3), "234");
  offset = 100;
  EXPECT_THAT(Sendfile(pair.server, in(), &offset, 3), SyscallSucceedsWithValue(0));
  offset = -1;
  EXPECT_THAT(Sendfile(pair.server, in(), &offset, 3), SyscallFailsWith(EINVAL));
}

TEST_P(SendfileTest, TakesNoMoreThanThereIsRoomFor) {
  const Pair pair = ConnectedPair({.client_receive = kSmall, .server_send = kSmall});
  ASSERT_EQ(ftruncate(in(), 8 << 20), 0);
  off_t total = 0;
  ssize_t sent = 0;
  while ((sent = Sendfile(pair.server, in(), nullptr, 1 << 20)) > 0) total += sent;
  EXPECT_THAT(sent, SyscallFailsWith(EAGAIN));
  EXPECT_LT(total, 8 << 20);
  EXPECT_EQ(Position(), total) << "what was not sent is sent next";
}

TEST_P(SendfileTest, AClosedConnectionIsSaidAsBySend) {
  CountSignals(SIGPIPE);
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, pair.server, SHUT_WR), SyscallSucceeds());
  EXPECT_THAT(Sendfile(pair.server, in(), nullptr, 4), SyscallFailsWith(EPIPE));
  EXPECT_EQ(Position(), 0);
  EXPECT_EQ(signals_seen(), 1);
}

TEST_P(SendfileTest, AResetIsSaidOnce) {
  CountSignals(SIGPIPE);
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kHup);
  EXPECT_THAT(Sendfile(pair.server, in(), nullptr, 4), SyscallFailsWith(ECONNRESET));
  EXPECT_THAT(Sendfile(pair.server, in(), nullptr, 4), SyscallFailsWith(EPIPE));
}

TEST_P(SendfileTest, SendsToPipesAndSocketPairs) {
  const Pipe pipe = NewPipe();
  EXPECT_THAT(Sendfile(pipe.write, in(), nullptr, 4), SyscallSucceedsWithValue(4));
  char bytes[10] = {};
  EXPECT_THAT(Invoke<Call::kRead>(kernel, pipe.read, bytes, 10), SyscallSucceedsWithValue(4));
  EXPECT_EQ(std::string(bytes), "0123");
  const Pair pair = SocketPair();
  EXPECT_THAT(Sendfile(pair.client, in(), nullptr, 4), SyscallSucceedsWithValue(4));
  EXPECT_EQ(Receive(pair.server, 4), "4567");
}

TEST_P(SendfileTest, FromASocketToAPipeAlone) {
  const Pair pair = ConnectedPair();
  const Pipe pipe = NewPipe();
  EXPECT_THAT(Sendfile(pipe.write, pair.server, nullptr, 4), SyscallFailsWith(EAGAIN));
  Send(pair.client, "abcdef");
  AwaitUnread(pair.server, 6);
  EXPECT_THAT(Sendfile(pipe.write, pair.server, nullptr, 4), SyscallSucceedsWithValue(4));
  char bytes[10] = {};
  EXPECT_THAT(Invoke<Call::kRead>(kernel, pipe.read, bytes, 10), SyscallSucceedsWithValue(4));
  EXPECT_EQ(std::string(bytes), "abcd");
  off_t offset = 0;
  EXPECT_THAT(Sendfile(pipe.write, pair.server, &offset, 4), SyscallFailsWith(ESPIPE));
  EXPECT_THAT(Sendfile(pair.server, pair.server, nullptr, 4), SyscallFailsWith(EINVAL));
}

TEST_P(SendfileTest, WhatCannotBeSpliced) {
  const Pair pair = ConnectedPair();
  const Pipe pipe = NewPipe();
  const Pipe other = NewPipe();
  const Fd epoll = NewEpoll();
  const Fd eventfd(kernel, Invoke<Call::kEventfd>(kernel, 1, EFD_NONBLOCK));
  EXPECT_THAT(Sendfile(pair.server, pipe.read, nullptr, 4), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Sendfile(other.write, pipe.read, nullptr, 4), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Sendfile(pair.server, epoll, nullptr, 4), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Sendfile(pair.server, eventfd, nullptr, 8), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Sendfile(epoll, in(), nullptr, 4), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Sendfile(eventfd, in(), nullptr, 8), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Sendfile(pair.server, pipe.write, nullptr, 4), SyscallFailsWith(EBADF));
  EXPECT_THAT(Sendfile(pipe.read, in(), nullptr, 4), SyscallFailsWith(EBADF));
  EXPECT_THAT(Sendfile(pair.server, -1, nullptr, 4), SyscallFailsWith(EBADF));
  EXPECT_THAT(Sendfile(1'000'000, in(), nullptr, 4), SyscallFailsWith(EBADF));
}

}  // namespace
}  // namespace hupstorm
