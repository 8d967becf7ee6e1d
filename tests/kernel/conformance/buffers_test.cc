// Full buffers: when sending stops, when it may go on, and what readiness says in between. How many
// bytes fit is Linux's to choose and is not tested.

#include <sys/ioctl.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class BuffersTest : public KernelTest {
 protected:
  Pair SmallPair() { return ConnectedPair({.client_receive = kSmall, .server_send = kSmall}); }
};
INSTANTIATE_ON_BOTH_KERNELS(BuffersTest);

TEST_P(BuffersTest, SendingStopsWithEagainWhenThePeerDoesNotRead) {
  const Pair pair = SmallPair();
  EXPECT_GT(Fill(pair.server), 0u);
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(EAGAIN));
  EXPECT_EQ(Ready(pair.server), kNothing);
}

TEST_P(BuffersTest, AFullConnectionStillReads) {
  const Pair pair = SmallPair();
  Fill(pair.server);
  Send(pair.client, "x");
  Await(pair.server, kIn);
  EXPECT_EQ(Ready(pair.server), kIn);
  EXPECT_EQ(Recv(pair.server), "x");
}

TEST_P(BuffersTest, ReadingAllMakesWritableAgain) {
  const Pair pair = SmallPair();
  const size_t sent = Fill(pair.server);
  EXPECT_EQ(Receive(pair.client, sent), std::string(sent, 'f'));
  Await(pair.server, kOut);
  EXPECT_EQ(Ready(pair.server), kOut);
  EXPECT_THAT(TrySend(pair.server), SyscallSucceedsWithValue(1));
}

TEST_P(BuffersTest, ReadingOneByteDoesNotMakeWritable) {
  const Pair pair = SmallPair();
  Fill(pair.server);
  EXPECT_EQ(Recv(pair.client, 1), "f");
  EXPECT_EQ(Ready(pair.server), kNothing);
}

TEST_P(BuffersTest, ALittleSpaceInALargeBufferDoesNotMakeWritable) {
  const Pair pair = ConnectedPair({.client_receive = 4096, .server_send = 4 * kSmall});
  const size_t sent = Fill(pair.server);
  constexpr size_t kLittle = 6000;
  ASSERT_LT(kLittle, sent / 4);
  Receive(pair.client, kLittle);
  EXPECT_EQ(Ready(pair.server), kNothing);
}

TEST_P(BuffersTest, SpaceThatMakesWritableIsMoreThanALittle) {
  const Pair pair = ConnectedPair({.client_receive = 4096, .server_send = 4 * kSmall});
  Fill(pair.server);
  pollfd writable = {pair.server, POLLOUT, 0};
  do {
    Await(pair.client, kIn);
    Drain(pair.client);
  } while (Invoke<Call::kPoll>(kernel, &writable, 1, 0) == 0);
  const std::string bytes(8000, 'x');
  EXPECT_THAT(Invoke<Call::kSend>(kernel, pair.server, bytes.data(), bytes.size(), 0),
              SyscallSucceedsWithValue(8000));
}

TEST_P(BuffersTest, WritableMeansThatSomeBytesAreTaken) {
  const Pair pair = SmallPair();
  size_t sent = Fill(pair.server);
  size_t received = 0;
  for (int round = 0; round < 5; ++round) {
    received += Drain(pair.client);
    while (received < sent) {
      Await(pair.client, kIn);
      received += Drain(pair.client);
    }
    Await(pair.server, kOut);
    const size_t more = Fill(pair.server);
    EXPECT_GT(more, 0u);
    sent += more;
  }
}

TEST_P(BuffersTest, ALongSendIsCutShort) {
  const Pair pair = SmallPair();
  const std::string bytes(4 << 20, 'x');
  const ssize_t sent = Invoke<Call::kSend>(kernel, pair.server, bytes.data(), bytes.size(), 0);
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, static_cast<ssize_t>(bytes.size()));
}

TEST_P(BuffersTest, OneDirectionBeingFullDoesNotStopTheOther) {
  const Pair pair = SmallPair();
  Fill(pair.server);
  EXPECT_EQ(Ready(pair.client), kIn | kOut);
  for (int i = 0; i < 10; ++i) {
    Send(pair.client, "ping");
    EXPECT_EQ(Receive(pair.server, 4), "ping");
  }
}

TEST_P(BuffersTest, LevelTriggeredEpollReportsOutputWhenThereIsSpace) {
  const Pair pair = SmallPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut);
  const size_t sent = Fill(pair.server);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  Receive(pair.client, sent);
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kOut}));
}

TEST_P(BuffersTest, AddingAFullConnectionReportsNothingUntilThereIsSpace) {
  const Pair pair = SmallPair();
  const size_t sent = Fill(pair.server);
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut | kEdge);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  Receive(pair.client, sent);
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kOut}));
}

TEST_P(BuffersTest, ShutdownOfWritingMakesAFullConnectionWritable) {
  const Pair pair = SmallPair();
  Fill(pair.server);
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_WR);
  EXPECT_EQ(Ready(pair.server), kOut);
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(EPIPE));
}

TEST_P(BuffersTest, APeersFinDoesNotMakeAFullConnectionWritable) {
  const Pair pair = SmallPair();
  Fill(pair.server);
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_EQ(Ready(pair.server), kIn | kRdhup);
}

TEST_P(BuffersTest, CloseByAPeerThatHasUnreadDataResetsAFullConnection) {
  Pair pair = SmallPair();
  Fill(pair.server);
  pair.client.Close();
  Await(pair.server, kErr);
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup | kErr | kHup);
  EXPECT_THAT(TrySend(pair.server), SyscallFailsWith(ECONNRESET));
}

TEST_P(BuffersTest, WhatWasQueuedArrivesAfterCloseOfTheSender) {
  Pair pair = SmallPair();
  const size_t sent = Fill(pair.server);
  pair.server.Close();
  EXPECT_EQ(ReceiveUntilEnd(pair.client), sent);
}

TEST_P(BuffersTest, WritevIsCutShortToo) {
  const Pair pair = SmallPair();
  std::string bytes(2 << 20, 'x');
  const iovec parts[] = {{bytes.data(), bytes.size()}, {bytes.data(), bytes.size()}};
  const ssize_t sent = Invoke<Call::kWritev>(kernel, pair.server, parts, 2);
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, static_cast<ssize_t>(2 * bytes.size()));
}

}  // namespace
}  // namespace hupstorm
