// Blocking calls in one thread: those that can go on, and those that give up after their timeout.

#include <sys/eventfd.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class BlockingTest : public KernelTest {
 protected:
  void SetTimeout(int fd, int name, int milliseconds) {
    const timeval value = {milliseconds / 1000, (milliseconds % 1000) * 1000};
    EXPECT_THAT(Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, name, &value, sizeof value),
                SyscallSucceeds());
  }
  // A pair whose server end blocks.
  Pair BlockingServer(const Buffers& buffers = {}) {
    Pair pair = ConnectedPair(buffers);
    SetNonBlocking(pair.server, false);
    return pair;
  }
};
INSTANTIATE_ON_BOTH_KERNELS(BlockingTest);

TEST_P(BlockingTest, RecvReturnsWhatIsThereWithoutWaitingForMore) {
  const Pair pair = BlockingServer();
  Send(pair.client, "abc");
  AwaitUnread(pair.server, 3);
  EXPECT_EQ(Recv(pair.server, 100), "abc");
}

TEST_P(BlockingTest, RecvReturnsZeroAtTheEnd) {
  const Pair pair = BlockingServer();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(BlockingTest, RecvReportsAReset) {
  Pair pair = BlockingServer();
  Reset(pair.client);
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(ECONNRESET));
}

TEST_P(BlockingTest, RecvGivesUpAfterItsTimeout) {
  const Pair pair = BlockingServer();
  SetTimeout(pair.server, SO_RCVTIMEO, 20);
  const int64_t start = NowNs();
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(EAGAIN));
  EXPECT_GE(NowNs() - start, 20 * kMillisecond);
}

TEST_P(BlockingTest, WaitallWaitsForEverything) {
  const Pair pair = BlockingServer();
  Send(pair.client, "ab");
  Send(pair.client, "cd");
  EXPECT_EQ(Recv(pair.server, 4, MSG_WAITALL), "abcd");
}

TEST_P(BlockingTest, WaitallReturnsLessAtTheEnd) {
  const Pair pair = BlockingServer();
  Send(pair.client, "ab");
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  EXPECT_EQ(Recv(pair.server, 4, MSG_WAITALL), "ab");
}

TEST_P(BlockingTest, WaitallReturnsLessAfterTheTimeout) {
  const Pair pair = BlockingServer();
  SetTimeout(pair.server, SO_RCVTIMEO, 20);
  Send(pair.client, "ab");
  EXPECT_EQ(Recv(pair.server, 4, MSG_WAITALL), "ab");
}

TEST_P(BlockingTest, SendGivesUpAfterItsTimeoutWithWhatItMoved) {
  const Pair pair = BlockingServer({.client_receive = kSmall, .server_send = kSmall});
  SetTimeout(pair.server, SO_SNDTIMEO, 50);
  const std::string bytes(4 << 20, 'x');
  const ssize_t sent = Invoke<Call::kSend>(kernel, pair.server, bytes.data(), bytes.size(), 0);
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, static_cast<ssize_t>(bytes.size()));
}

TEST_P(BlockingTest, SendThatMovesNothingFailsWithEagainAfterItsTimeout) {
  const Pair pair = ConnectedPair({.client_receive = kSmall, .server_send = kSmall});
  Fill(pair.server);
  SetNonBlocking(pair.server, false);
  SetTimeout(pair.server, SO_SNDTIMEO, 20);
  const int64_t start = NowNs();
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(EAGAIN));
  EXPECT_GE(NowNs() - start, 20 * kMillisecond);
}

TEST_P(BlockingTest, AcceptGivesUpAfterItsTimeout) {
  const Listener listener = Listen();
  SetNonBlocking(listener.fd, false);
  SetTimeout(listener.fd, SO_RCVTIMEO, 20);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, 0),
              SyscallFailsWith(EAGAIN));
}

TEST_P(BlockingTest, AcceptTakesAClientThatWaits) {
  const Listener listener = Listen();
  SetNonBlocking(listener.fd, false);
  const Fd client = Connect(listener);
  const Fd server(kernel, Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, 0));
  EXPECT_THAT(int{server}, SyscallSucceeds());
}

TEST_P(BlockingTest, PollWaitsForATimer) {
  const Fd timer(kernel, Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, 0));
  SetTimer(timer, 5 * kMillisecond);
  pollfd entry = {timer, POLLIN, 0};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, -1), SyscallSucceedsWithValue(1));
}

TEST_P(BlockingTest, SelectWaitsForATimer) {
  const Fd timer(kernel, Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, 0));
  SetTimer(timer, 5 * kMillisecond);
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(timer, &readable);
  EXPECT_THAT(Invoke<Call::kSelect>(kernel, FD_SETSIZE, &readable, nullptr, nullptr, nullptr),
              SyscallSucceedsWithValue(1));
}

TEST_P(BlockingTest, CloseWithLingerWaitsForWhatIsQueuedOrItsTimeout) {
  Pair pair = BlockingServer({.client_receive = kSmall, .server_send = kSmall});
  SetNonBlocking(pair.server);
  Fill(pair.server);
  SetNonBlocking(pair.server, false);
  SetLinger(pair.server, true, 1);
  const int64_t start = NowNs();
  pair.server.Close();
  EXPECT_GE(NowNs() - start, 990 * kMillisecond);
}

TEST_P(BlockingTest, CloseWithLingerReturnsAtOnceWhereNothingIsQueued) {
  Pair pair = BlockingServer();
  SetLinger(pair.server, true, 600);
  pair.server.Close();
  Await(pair.client, kRdhup);
  EXPECT_EQ(Ready(pair.client), kIn | kOut | kRdhup);
}

TEST_P(BlockingTest, AnEventfdIsReadWithoutWaitingWhereItIsNotZero) {
  const Fd fd(kernel, Invoke<Call::kEventfd>(kernel, 5, 0));
  uint64_t value = 0;
  EXPECT_THAT(Invoke<Call::kRead>(kernel, fd, &value, sizeof value), SyscallSucceedsWithValue(8));
  EXPECT_EQ(value, 5u);
}

TEST_P(BlockingTest, APipeReadReturnsWhatIsThere) {
  const Pipe pipe = NewPipe(0);
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, pipe.write, "ab", 2), SyscallSucceeds());
  char bytes[10];
  EXPECT_THAT(Invoke<Call::kRead>(kernel, pipe.read, bytes, sizeof bytes),
              SyscallSucceedsWithValue(2));
}

}  // namespace
}  // namespace hupstorm
