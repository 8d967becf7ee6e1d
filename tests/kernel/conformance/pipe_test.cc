// pipe2(2): what event loops wake themselves with.

#include <limits.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class PipeTest : public KernelTest {
 protected:
  void Put(const Pipe& pipe, std::string_view bytes) {
    EXPECT_THAT(Invoke<Call::kWrite>(kernel, pipe.write, bytes.data(), bytes.size()),
                SyscallSucceedsWithValue(static_cast<long>(bytes.size())));
  }
  std::string Get(const Pipe& pipe, size_t size) {
    std::string bytes(size, '\0');
    const ssize_t got = Invoke<Call::kRead>(kernel, pipe.read, bytes.data(), size);
    EXPECT_THAT(got, SyscallSucceeds());
    bytes.resize(got > 0 ? got : 0);
    return bytes;
  }
  ssize_t TryRead(const Pipe& pipe) {
    char byte;
    return Invoke<Call::kRead>(kernel, pipe.read, &byte, 1);
  }
};
INSTANTIATE_ON_BOTH_KERNELS(PipeTest);

TEST_P(PipeTest, AnEmptyPipeIsWritableOnly) {
  const Pipe pipe = NewPipe();
  EXPECT_EQ(Ready(pipe.read), kNothing);
  EXPECT_EQ(Ready(pipe.write), kOut);
  EXPECT_THAT(TryRead(pipe), SyscallFailsWith(EAGAIN));
}

TEST_P(PipeTest, CarriesBytesInOrder) {
  const Pipe pipe = NewPipe();
  Put(pipe, "ab");
  Put(pipe, "cd");
  EXPECT_EQ(Ready(pipe.read), kIn);
  EXPECT_EQ(Get(pipe, 3), "abc");
  EXPECT_EQ(Get(pipe, 3), "d");
  EXPECT_EQ(Ready(pipe.read), kNothing);
}

TEST_P(PipeTest, ClosingTheWriterHangsUpTheReader) {
  Pipe pipe = NewPipe();
  pipe.write.Close();
  EXPECT_EQ(Ready(pipe.read), kHup);
  EXPECT_THAT(TryRead(pipe), SyscallSucceedsWithValue(0));
}

TEST_P(PipeTest, BytesStayReadableAfterTheWriterClosed) {
  Pipe pipe = NewPipe();
  Put(pipe, "x");
  pipe.write.Close();
  EXPECT_EQ(Ready(pipe.read), kIn | kHup);
  EXPECT_EQ(Get(pipe, 9), "x");
  EXPECT_THAT(TryRead(pipe), SyscallSucceedsWithValue(0));
}

TEST_P(PipeTest, ClosingTheReaderIsAnErrorForTheWriter) {
  CountSignals(SIGPIPE);
  Pipe pipe = NewPipe();
  pipe.read.Close();
  EXPECT_EQ(Ready(pipe.write), kOut | kErr);
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, pipe.write, "x", 1), SyscallFailsWith(EPIPE));
  EXPECT_EQ(signals_seen(), 1);
}

TEST_P(PipeTest, ADuplicateOfTheWriterKeepsItOpen) {
  Pipe pipe = NewPipe();
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, pipe.write));
  pipe.write.Close();
  EXPECT_EQ(Ready(pipe.read), kNothing);
  EXPECT_THAT(TryRead(pipe), SyscallFailsWith(EAGAIN));
}

TEST_P(PipeTest, AFullPipeFailsWithEagainAndIsNotWritable) {
  const Pipe pipe = NewPipe();
  EXPECT_EQ(Fill(pipe.write), 65536u);
  EXPECT_EQ(Ready(pipe.write), kNothing);
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, pipe.write, "x", 1), SyscallFailsWith(EAGAIN));
}

TEST_P(PipeTest, AnEmptiedPipeHoldsAsMuchAsANewOne) {
  const Pipe pipe = NewPipe();
  Put(pipe, "abc");
  EXPECT_EQ(Get(pipe, 9), "abc");
  EXPECT_EQ(Fill(pipe.write), 65536u);
}

TEST_P(PipeTest, AFullPipeIsWritableWhenAWholePageWasRead) {
  const Pipe pipe = NewPipe();
  Fill(pipe.write);
  EXPECT_EQ(Get(pipe, PIPE_BUF - 1).size(), size_t{PIPE_BUF - 1});
  EXPECT_EQ(Ready(pipe.write), kNothing);
  EXPECT_EQ(Get(pipe, 1), "f");
  EXPECT_EQ(Ready(pipe.write), kOut);
}

TEST_P(PipeTest, ASmallWriteIsWholeOrNotAtAll) {
  const Pipe pipe = NewPipe();
  const std::string page(PIPE_BUF, 'p');
  Put(pipe, "x");
  ssize_t written;
  while ((written = Invoke<Call::kWrite>(kernel, pipe.write, page.data(), page.size())) > 0) {
    EXPECT_EQ(written, PIPE_BUF);
  }
  EXPECT_THAT(written, SyscallFailsWith(EAGAIN));
}

TEST_P(PipeTest, ALargeWriteIsCutShort) {
  const Pipe pipe = NewPipe();
  const std::string bytes(100'000, 'x');
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, pipe.write, bytes.data(), bytes.size()),
              SyscallSucceedsWithValue(65536));
}

TEST_P(PipeTest, EachEndGoesOneWay) {
  const Pipe pipe = NewPipe();
  char byte = 'x';
  EXPECT_THAT(Invoke<Call::kRead>(kernel, pipe.write, &byte, 1), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, pipe.read, &byte, 1), SyscallFailsWith(EBADF));
}

TEST_P(PipeTest, FionreadCountsUnreadBytes) {
  const Pipe pipe = NewPipe();
  Put(pipe, "abc");
  EXPECT_EQ(Unread(pipe.read), 3);
}

TEST_P(PipeTest, RefusesUnknownFlags) {
  int fds[2];
  EXPECT_THAT(Invoke<Call::kPipe2>(kernel, fds, 1), SyscallFailsWith(EINVAL));
}

TEST_P(PipeTest, FlagsAreOnBothEnds) {
  const Pipe pipe = NewPipe(O_NONBLOCK | O_CLOEXEC);
  for (const Fd* end : {&pipe.read, &pipe.write}) {
    EXPECT_EQ(Invoke<Call::kFcntl>(kernel, *end, F_GETFL, 0) & O_NONBLOCK, O_NONBLOCK);
    EXPECT_EQ(Invoke<Call::kFcntl>(kernel, *end, F_GETFD, 0), FD_CLOEXEC);
  }
}

TEST_P(PipeTest, TheEndsAreNumberedInOrder) {
  const Pipe pipe = NewPipe();
  EXPECT_LT(pipe.read, pipe.write);
}

TEST_P(PipeTest, WritevAndReadvMoveParts) {
  const Pipe pipe = NewPipe();
  char a[] = "ab", b[] = "cd", got[8];
  const iovec out[] = {{a, 2}, {b, 2}};
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, pipe.write, out, 2), SyscallSucceedsWithValue(4));
  const iovec in[] = {{got, 3}, {got + 3, 5}};
  EXPECT_THAT(Invoke<Call::kReadv>(kernel, pipe.read, in, 2), SyscallSucceedsWithValue(4));
  EXPECT_EQ(std::string(got, 4), "abcd");
}

TEST_P(PipeTest, EpollReportsHupOfAPipe) {
  Pipe pipe = NewPipe();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pipe.read, kIn);
  Put(pipe, "x");
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{pipe.read, kIn}));
  pipe.write.Close();
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{pipe.read, kIn | kHup}));
}

TEST_P(PipeTest, EdgeTriggeredEpollReportsSpaceInAFullPipe) {
  const Pipe pipe = NewPipe();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pipe.write, kOut | kEdge);
  Fill(pipe.write);
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
  EXPECT_EQ(Get(pipe, PIPE_BUF).size(), size_t{PIPE_BUF});
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{pipe.write, kOut}));
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
}

TEST_P(PipeTest, ItsSizeIsRoundedUpToAPowerOfTwoOfPages) {
  const Pipe pipe = NewPipe();
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, pipe.read, F_GETPIPE_SZ, 0),
              SyscallSucceedsWithValue(65536));
  for (const auto& [asked, given] : {std::pair(0, 4096), std::pair(4097, 8192),
                                     std::pair(12288, 16384), std::pair(1 << 20, 1 << 20)}) {
    EXPECT_THAT(Invoke<Call::kFcntl>(kernel, pipe.write, F_SETPIPE_SZ, asked),
                SyscallSucceedsWithValue(given));
    EXPECT_THAT(Invoke<Call::kFcntl>(kernel, pipe.read, F_GETPIPE_SZ, 0),
                SyscallSucceedsWithValue(given));
  }
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, pipe.read, F_SETPIPE_SZ, -1), SyscallFailsWith(EINVAL));
}

TEST_P(PipeTest, ALargerPipeHoldsMoreAndWakesItsWriter) {
  const Pipe pipe = NewPipe();
  EXPECT_EQ(Fill(pipe.write), 65536u);
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pipe.write, kOut | kEdge);
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, pipe.read, F_SETPIPE_SZ, 131072), SyscallSucceeds());
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{pipe.write, kOut}));
  EXPECT_EQ(Fill(pipe.write), 65536u);
}

TEST_P(PipeTest, ASizeBelowWhatItHoldsIsRefused) {
  const Pipe pipe = NewPipe();
  Put(pipe, std::string(8192, 'x'));
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, pipe.read, F_SETPIPE_SZ, 4096), SyscallFailsWith(EBUSY));
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, pipe.read, F_SETPIPE_SZ, 8192), SyscallSucceeds());
  EXPECT_EQ(Ready(pipe.write), kNothing);
}

TEST_P(PipeTest, OnlyAPipeHasASize) {
  const Pair pair = SocketPair();
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, pair.client, F_GETPIPE_SZ, 0), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, pair.client, F_SETPIPE_SZ, 4096),
              SyscallFailsWith(EBADF));
}

}  // namespace
}  // namespace hupstorm
