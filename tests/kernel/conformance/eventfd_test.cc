// eventfd(2): a counter with readiness.

#include <sys/eventfd.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class EventfdTest : public KernelTest {
 protected:
  Fd NewEventfd(unsigned initial, int flags = EFD_NONBLOCK) {
    Fd fd(kernel, Invoke<Call::kEventfd>(kernel, initial, flags));
    EXPECT_THAT(int{fd}, SyscallSucceeds());
    return fd;
  }
  ssize_t Add(int fd, uint64_t value) {
    return Invoke<Call::kWrite>(kernel, fd, &value, sizeof value);
  }
  uint64_t Take(int fd) {
    uint64_t value = 0;
    EXPECT_THAT(Invoke<Call::kRead>(kernel, fd, &value, sizeof value), SyscallSucceedsWithValue(8));
    return value;
  }
  ssize_t TryTake(int fd) {
    uint64_t value;
    return Invoke<Call::kRead>(kernel, fd, &value, sizeof value);
  }
};
INSTANTIATE_ON_BOTH_KERNELS(EventfdTest);

TEST_P(EventfdTest, ReadTakesTheSumAndLeavesZero) {
  const Fd fd = NewEventfd(3);
  EXPECT_THAT(Add(fd, 4), SyscallSucceedsWithValue(8));
  EXPECT_THAT(Add(fd, 5), SyscallSucceedsWithValue(8));
  EXPECT_EQ(Take(fd), 12u);
  EXPECT_THAT(TryTake(fd), SyscallFailsWith(EAGAIN));
}

TEST_P(EventfdTest, ReadableWhileNotZero) {
  const Fd fd = NewEventfd(0);
  EXPECT_EQ(Ready(fd), kOut);
  Add(fd, 1);
  EXPECT_EQ(Ready(fd), kIn | kOut);
  Take(fd);
  EXPECT_EQ(Ready(fd), kOut);
}

TEST_P(EventfdTest, ASemaphoreIsTakenOneByOne) {
  const Fd fd = NewEventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);
  EXPECT_EQ(Take(fd), 1u);
  EXPECT_EQ(Ready(fd), kIn | kOut);
  EXPECT_EQ(Take(fd), 1u);
  EXPECT_THAT(TryTake(fd), SyscallFailsWith(EAGAIN));
}

TEST_P(EventfdTest, AWriteThatWouldOverflowFailsWithEagain) {
  const Fd fd = NewEventfd(1);
  EXPECT_THAT(Add(fd, UINT64_MAX - 1), SyscallFailsWith(EAGAIN));
  EXPECT_THAT(Add(fd, UINT64_MAX - 2), SyscallSucceedsWithValue(8));
  EXPECT_EQ(Ready(fd), kIn);
  EXPECT_THAT(Add(fd, 1), SyscallFailsWith(EAGAIN));
  EXPECT_EQ(Take(fd), UINT64_MAX - 1);
  EXPECT_EQ(Ready(fd), kOut);
}

TEST_P(EventfdTest, TheLargestValueCannotBeAdded) {
  const Fd fd = NewEventfd(0);
  EXPECT_THAT(Add(fd, UINT64_MAX), SyscallFailsWith(EINVAL));
}

TEST_P(EventfdTest, AddingZeroIsAllowedAndChangesNothing) {
  const Fd fd = NewEventfd(0);
  EXPECT_THAT(Add(fd, 0), SyscallSucceedsWithValue(8));
  EXPECT_EQ(Ready(fd), kOut);
}

TEST_P(EventfdTest, ShortBuffersFailWithEinval) {
  const Fd fd = NewEventfd(1);
  uint32_t half = 1;
  EXPECT_THAT(Invoke<Call::kRead>(kernel, fd, &half, sizeof half), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, fd, &half, sizeof half), SyscallFailsWith(EINVAL));
}

TEST_P(EventfdTest, ReadsEightBytesIntoALongerBuffer) {
  const Fd fd = NewEventfd(7);
  uint64_t got[2] = {0, 99};
  EXPECT_THAT(Invoke<Call::kRead>(kernel, fd, got, sizeof got), SyscallSucceedsWithValue(8));
  EXPECT_EQ(got[0], 7u);
  EXPECT_EQ(got[1], 99u);
}

TEST_P(EventfdTest, AWriteMustBeOfEightBytes) {
  const Fd fd = NewEventfd(0);
  const uint64_t two[2] = {7, 8};
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, fd, two, sizeof two), SyscallFailsWith(EINVAL));
}

TEST_P(EventfdTest, RefusesUnknownFlags) {
  EXPECT_THAT(Invoke<Call::kEventfd>(kernel, 0, 2), SyscallFailsWith(EINVAL));
}

TEST_P(EventfdTest, FlagsMakeItNonblockingAndCloseOnExec) {
  const Fd fd = NewEventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, fd, F_GETFD, 0), FD_CLOEXEC);
}

TEST_P(EventfdTest, IsNoSocket) {
  const Fd fd = NewEventfd(1);
  EXPECT_THAT(TryRecv(fd), SyscallFailsWith(ENOTSOCK));
  EXPECT_THAT(TrySend(fd), SyscallFailsWith(ENOTSOCK));
}

TEST_P(EventfdTest, DuplicatesShareTheCounter) {
  const Fd fd = NewEventfd(0);
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, fd));
  Add(copy, 9);
  EXPECT_EQ(Take(fd), 9u);
}

TEST_P(EventfdTest, EpollReportsItUntilRead) {
  const Fd fd = NewEventfd(0);
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, fd, kIn);
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
  Add(fd, 1);
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{fd, kIn}));
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{fd, kIn}));
  Take(fd);
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
}

TEST_P(EventfdTest, AVectorIsWrittenPartByPart) {
  const Fd fd = NewEventfd(0);
  uint64_t value = 5;
  const auto part = [&value](size_t offset, size_t size) {
    return iovec{reinterpret_cast<char*>(&value) + offset, size};
  };
  const iovec halves[] = {part(0, 4), part(4, 4)};
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, fd, halves, 2), SyscallFailsWith(EINVAL));
  const iovec wholes[] = {part(0, 8), part(0, 8)};
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, fd, wholes, 2), SyscallSucceedsWithValue(16));
  EXPECT_EQ(Take(fd), 10u);
  const iovec whole_and_half[] = {part(0, 8), part(0, 4)};
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, fd, whole_and_half, 2), SyscallSucceedsWithValue(8));
  EXPECT_EQ(Take(fd), 5u);
  const iovec empty_first[] = {part(0, 0), part(0, 8)};
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, fd, empty_first, 2), SyscallFailsWith(EINVAL));
  const iovec empty_last[] = {part(0, 8), part(0, 0)};
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, fd, empty_last, 2), SyscallSucceedsWithValue(8));
}

TEST_P(EventfdTest, AVectorThatIsEmptyWritesNothing) {
  const Fd fd = NewEventfd(0);
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, fd, nullptr, 0), SyscallSucceedsWithValue(0));
  EXPECT_THAT(Invoke<Call::kReadv>(kernel, fd, nullptr, 0), SyscallSucceedsWithValue(0));
}

TEST_P(EventfdTest, AVectorIsReadAsAWhole) {
  const Fd fd = NewEventfd(5);
  uint64_t value = 0;
  const iovec halves[] = {{&value, 4}, {reinterpret_cast<char*>(&value) + 4, 4}};
  EXPECT_THAT(Invoke<Call::kReadv>(kernel, fd, halves, 2), SyscallSucceedsWithValue(8));
  EXPECT_EQ(value, 5u);
}

}  // namespace
}  // namespace hupstorm
