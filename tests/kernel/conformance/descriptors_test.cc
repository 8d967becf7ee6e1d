// Descriptor numbers, duplicates, flags and limits.

#include <sys/eventfd.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class DescriptorsTest : public KernelTest {};
INSTANTIATE_ON_BOTH_KERNELS(DescriptorsTest);

TEST_P(DescriptorsTest, TheLowestFreeNumberIsGivenOut) {
  Fd a = TcpSocket();
  Fd b = TcpSocket();
  const Fd c = TcpSocket();
  const int low = a;
  const int high = b;
  ASSERT_LT(low, high);
  b.Close();
  a.Close();
  const Fd first = TcpSocket();
  const Fd second = TcpSocket();
  EXPECT_EQ(first, low);
  EXPECT_EQ(second, high);
}

TEST_P(DescriptorsTest, AllKindsShareTheNumbers) {
  Fd fd = TcpSocket();
  const int number = fd.Close();
  {
    const Fd epoll = NewEpoll();
    EXPECT_EQ(epoll, number);
  }
  {
    const Fd event(kernel, Invoke<Call::kEventfd>(kernel, 0, 0));
    EXPECT_EQ(event, number);
  }
  {
    const Fd timer(kernel, Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, 0));
    EXPECT_EQ(timer, number);
  }
  const Pipe pipe = NewPipe();
  EXPECT_EQ(pipe.read, number);
  EXPECT_GT(pipe.write, number);
}

TEST_P(DescriptorsTest, AcceptReusesTheNumberOfAClosedConnection) {
  const Listener listener = Listen();
  const Fd a = Connect(listener);
  const Fd b = Connect(listener);
  Fd server_a = Accept(listener);
  const int number = server_a.Close();
  const Fd server_b = Accept(listener);
  EXPECT_EQ(server_b, number);
}

TEST_P(DescriptorsTest, CloseTwiceFailsWithEbadf) {
  Fd fd = TcpSocket();
  EXPECT_THAT(Invoke<Call::kClose>(kernel, fd.Close()), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kClose>(kernel, -1), SyscallFailsWith(EBADF));
}

TEST_P(DescriptorsTest, DupTakesTheLowestFreeNumber) {
  Fd gap = TcpSocket();
  const Fd fd = TcpSocket();
  const int number = gap.Close();
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, fd));
  EXPECT_EQ(copy, number);
}

TEST_P(DescriptorsTest, DupOfAClosedDescriptorFailsWithEbadf) {
  Fd fd = TcpSocket();
  EXPECT_THAT(Invoke<Call::kDup>(kernel, fd.Close()), SyscallFailsWith(EBADF));
}

TEST_P(DescriptorsTest, DuplicatesShareTheStatusFlags) {
  const Fd fd = TcpSocket();
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, fd));
  SetNonBlocking(fd);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, copy, F_GETFL, 0) & O_NONBLOCK, O_NONBLOCK);
}

TEST_P(DescriptorsTest, DuplicatesDoNotShareCloseOnExec) {
  const Fd fd = TcpSocket(SOCK_CLOEXEC);
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, fd));
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, copy, F_GETFD, 0), 0);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, fd, F_GETFD, 0), FD_CLOEXEC);
}

TEST_P(DescriptorsTest, DuplicatesReadFromOneStream) {
  const Pair pair = ConnectedPair();
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, pair.server));
  Send(pair.client, "ab");
  AwaitUnread(pair.server, 2);
  EXPECT_EQ(Recv(pair.server, 1), "a");
  EXPECT_EQ(Recv(copy, 1), "b");
}

TEST_P(DescriptorsTest, Dup3ReplacesAnOpenDescriptor) {
  Pair pair = ConnectedPair();
  const Fd fd = TcpSocket();
  // `pair.client` closes by being replaced, so the connection ends.
  EXPECT_THAT(Invoke<Call::kDup3>(kernel, fd, pair.client, 0),
              SyscallSucceedsWithValue(pair.client));
  Await(pair.server, kRdhup);
  EXPECT_EQ(Ready(pair.client), kOut | kHup);
}

TEST_P(DescriptorsTest, Dup3SetsCloseOnExec) {
  const Fd fd = TcpSocket();
  const Fd other = TcpSocket();
  EXPECT_THAT(Invoke<Call::kDup3>(kernel, fd, other, O_CLOEXEC), SyscallSucceedsWithValue(other));
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, other, F_GETFD, 0), FD_CLOEXEC);
}

TEST_P(DescriptorsTest, Dup3RefusesEqualDescriptorsAndUnknownFlags) {
  const Fd fd = TcpSocket();
  const Fd other = TcpSocket();
  EXPECT_THAT(Invoke<Call::kDup3>(kernel, fd, fd, 0), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kDup3>(kernel, fd, other, 1), SyscallFailsWith(EINVAL));
}

TEST_P(DescriptorsTest, Dup3OfAClosedDescriptorFailsWithEbadfAndLeavesTheTarget) {
  Fd fd = TcpSocket();
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Invoke<Call::kDup3>(kernel, fd.Close(), pair.client, 0), SyscallFailsWith(EBADF));
  EXPECT_EQ(Ready(pair.client), kOut);
}

TEST_P(DescriptorsTest, FcntlDuplicatesFromANumberUp) {
  const Fd fd = TcpSocket();
  const Fd copy(kernel, Invoke<Call::kFcntl>(kernel, fd, F_DUPFD, fd + 50));
  EXPECT_EQ(copy, fd + 50);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, copy, F_GETFD, 0), 0);
  const Fd cloexec(kernel, Invoke<Call::kFcntl>(kernel, fd, F_DUPFD_CLOEXEC, fd + 50));
  EXPECT_EQ(cloexec, fd + 51);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, cloexec, F_GETFD, 0), FD_CLOEXEC);
}

TEST_P(DescriptorsTest, FcntlSetsAndClearsCloseOnExec) {
  const Fd fd = TcpSocket();
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, fd, F_SETFD, FD_CLOEXEC), SyscallSucceedsWithValue(0));
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, fd, F_GETFD, 0), FD_CLOEXEC);
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, fd, F_SETFD, 0), SyscallSucceedsWithValue(0));
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, fd, F_GETFD, 0), 0);
}

TEST_P(DescriptorsTest, FcntlKeepsTheAccessMode) {
  const Fd fd = TcpSocket();
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, fd, F_SETFL, O_NONBLOCK), SyscallSucceedsWithValue(0));
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, fd, F_SETFL, 0), SyscallSucceedsWithValue(0));
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, fd, F_GETFL, 0), O_RDWR);
  const Pipe pipe = NewPipe();
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, pipe.read, F_GETFL, 0), O_RDONLY | O_NONBLOCK);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, pipe.write, F_GETFL, 0), O_WRONLY | O_NONBLOCK);
}

TEST_P(DescriptorsTest, FcntlFailsOnClosedDescriptorsAndUnknownCommands) {
  Fd fd = TcpSocket();
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, fd, 9999, 0), SyscallFailsWith(EINVAL));
  const int gone = fd.Close();
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, gone, F_GETFL, 0), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, gone, F_SETFL, O_NONBLOCK), SyscallFailsWith(EBADF));
}

TEST_P(DescriptorsTest, AtTheLimitNothingCanBeOpened) {
  const Fd fd = TcpSocket();
  under_test().SetDescriptorLimit(0);
  int fds[2];
  EXPECT_THAT(Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM, 0), SyscallFailsWith(EMFILE));
  EXPECT_THAT(Invoke<Call::kDup>(kernel, fd), SyscallFailsWith(EMFILE));
  EXPECT_THAT(Invoke<Call::kPipe2>(kernel, fds, 0), SyscallFailsWith(EMFILE));
  EXPECT_THAT(Invoke<Call::kSocketpair>(kernel, AF_UNIX, SOCK_STREAM, 0, fds),
              SyscallFailsWith(EMFILE));
  EXPECT_THAT(Invoke<Call::kEpollCreate1>(kernel, 0), SyscallFailsWith(EMFILE));
  EXPECT_THAT(Invoke<Call::kEventfd>(kernel, 0, 0), SyscallFailsWith(EMFILE));
  EXPECT_THAT(Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, 0), SyscallFailsWith(EMFILE));
}

TEST_P(DescriptorsTest, APairThatFitsOnlyHalfLeavesNothingOpen) {
  under_test().SetDescriptorLimit(1);
  int fds[2];
  EXPECT_THAT(Invoke<Call::kPipe2>(kernel, fds, 0), SyscallFailsWith(EMFILE));
  EXPECT_THAT(Invoke<Call::kSocketpair>(kernel, AF_UNIX, SOCK_STREAM, 0, fds),
              SyscallFailsWith(EMFILE));
  const Fd fd = TcpSocket();
  EXPECT_THAT(int{fd}, SyscallSucceeds());
}

TEST_P(DescriptorsTest, Dup3ToANumberBeyondTheLimitFailsWithEbadf) {
  const Fd fd = TcpSocket();
  under_test().SetDescriptorLimit(0);
  EXPECT_THAT(Invoke<Call::kDup3>(kernel, fd, 900, 0), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, fd, F_DUPFD, 900), SyscallFailsWith(EINVAL));
}

TEST_P(DescriptorsTest, Dup3AtTheLimitMayStillReplace) {
  const Fd fd = TcpSocket();
  const Fd other = TcpSocket();
  under_test().SetDescriptorLimit(0);
  EXPECT_THAT(Invoke<Call::kDup3>(kernel, fd, other, 0), SyscallSucceedsWithValue(other));
}

TEST_P(DescriptorsTest, DescriptorsBeyondALoweredLimitStillWork) {
  const Pair pair = ConnectedPair();
  under_test().SetDescriptorLimit(0);
  Send(pair.client, "x");
  EXPECT_EQ(Receive(pair.server, 1), "x");
}

}  // namespace
}  // namespace hupstorm
