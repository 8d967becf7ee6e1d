// Urgent data: one byte out of band, the mark it leaves in the stream, and the events it causes.

#include <sys/ioctl.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class UrgentTest : public KernelTest {
 protected:
  int AtMark(int fd) {
    int at_mark = -1;
    EXPECT_THAT(Invoke<Call::kIoctl>(kernel, fd, SIOCATMARK, &at_mark), SyscallSucceeds());
    return at_mark;
  }
  // The acknowledgment of a FIN, which Linux may put off, is news to who sent it.
  void AwaitFinAcknowledged(int fd) {
    for (int waited_ms = 0;; ++waited_ms) {
      ASSERT_LT(waited_ms, kPatienceMs);
      tcp_info info = {};
      socklen_t length = sizeof info;
      ASSERT_THAT(Invoke<Call::kGetsockopt>(kernel, fd, IPPROTO_TCP, TCP_INFO, &info, &length),
                  SyscallSucceeds());
      if (info.tcpi_state != TCP_FIN_WAIT1) return;
      Invoke<Call::kPoll>(kernel, nullptr, 0, 1);
    }
  }
};
INSTANTIATE_ON_BOTH_KERNELS(UrgentTest);

TEST_P(UrgentTest, AnUrgentByteIsPriAndNotIn) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "!", MSG_OOB);
  Await(pair.server, kPri);
  EXPECT_EQ(Ready(pair.server), kPri | kOut);
}

TEST_P(UrgentTest, AnUrgentByteIsNotInTheStream) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "!", MSG_OOB);
  Await(pair.server, kPri);
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(EAGAIN));
}

TEST_P(UrgentTest, RecvOutOfBandReadsItOnce) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "!", MSG_OOB);
  Await(pair.server, kPri);
  EXPECT_EQ(Recv(pair.server, 10, MSG_OOB), "!");
  EXPECT_THAT(TryRecv(pair.server, MSG_OOB), SyscallFailsWith(EINVAL));
  EXPECT_EQ(Ready(pair.server), kOut);
}

TEST_P(UrgentTest, RecvOutOfBandFailsWithEinvalWhereThereIsNone) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(TryRecv(pair.server, MSG_OOB), SyscallFailsWith(EINVAL));
  Send(pair.client, "x");
  Await(pair.server, kIn);
  EXPECT_THAT(TryRecv(pair.server, MSG_OOB), SyscallFailsWith(EINVAL));
}

TEST_P(UrgentTest, PeekOutOfBandLeavesTheByte) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "!", MSG_OOB);
  Await(pair.server, kPri);
  EXPECT_EQ(Recv(pair.server, 1, MSG_OOB | MSG_PEEK), "!");
  EXPECT_EQ(Recv(pair.server, 1, MSG_OOB), "!");
}

TEST_P(UrgentTest, TheLastByteOfAnUrgentSendIsTheUrgentOne) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "abc!", MSG_OOB);
  Await(pair.server, kPri);
  EXPECT_EQ(Ready(pair.server), kIn | kPri | kOut);
  EXPECT_EQ(Recv(pair.server, 1, MSG_OOB), "!");
  EXPECT_EQ(Recv(pair.server), "abc");
}

TEST_P(UrgentTest, ReadingStopsAtTheMark) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "before");
  Send(pair.client, "!", MSG_OOB);
  Send(pair.client, "after");
  AwaitUnread(pair.server, 6);
  Await(pair.server, kPri);
  EXPECT_EQ(Recv(pair.server), "before");
  EXPECT_EQ(AtMark(pair.server), 1);
  EXPECT_EQ(Receive(pair.server, 5), "after");
  EXPECT_EQ(AtMark(pair.server), 0);
}

TEST_P(UrgentTest, PriGoesWhenReadingPassesTheMark) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "!", MSG_OOB);
  Send(pair.client, "after");
  Await(pair.server, kPri);
  EXPECT_EQ(Receive(pair.server, 5), "after");
  EXPECT_EQ(Ready(pair.server), kOut);
  EXPECT_THAT(TryRecv(pair.server, MSG_OOB), SyscallFailsWith(EINVAL));
}

TEST_P(UrgentTest, PriStaysWhileTheStreamIsReadUpToTheMark) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "before");
  Send(pair.client, "!", MSG_OOB);
  Await(pair.server, kPri);
  AwaitUnread(pair.server, 6);
  EXPECT_EQ(Recv(pair.server), "before");
  EXPECT_EQ(Ready(pair.server), kPri | kOut);
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(EAGAIN));
}

TEST_P(UrgentTest, NotAtTheMarkBeforeIt) {
  const Pair pair = ConnectedPair();
  EXPECT_EQ(AtMark(pair.server), 0);
  Send(pair.client, "ab");
  Send(pair.client, "!", MSG_OOB);
  Await(pair.server, kPri);
  AwaitUnread(pair.server, 2);
  EXPECT_EQ(AtMark(pair.server), 0);
  EXPECT_EQ(Recv(pair.server, 1), "a");
  EXPECT_EQ(AtMark(pair.server), 0);
  EXPECT_EQ(Recv(pair.server, 1), "b");
  EXPECT_EQ(AtMark(pair.server), 1);
}

TEST_P(UrgentTest, InlineUrgentDataIsPartOfTheStream) {
  const Pair pair = ConnectedPair();
  SetOption(pair.server, SOL_SOCKET, SO_OOBINLINE, 1);
  Send(pair.client, "!", MSG_OOB);
  Await(pair.server, kPri);
  EXPECT_EQ(Ready(pair.server), kIn | kPri | kOut);
  EXPECT_THAT(TryRecv(pair.server, MSG_OOB), SyscallFailsWith(EINVAL));
  EXPECT_EQ(Recv(pair.server), "!");
  EXPECT_EQ(Ready(pair.server), kOut);
}

TEST_P(UrgentTest, InlineReadingStopsAtTheMark) {
  const Pair pair = ConnectedPair();
  SetOption(pair.server, SOL_SOCKET, SO_OOBINLINE, 1);
  Send(pair.client, "before");
  Send(pair.client, "!", MSG_OOB);
  Send(pair.client, "after");
  AwaitUnread(pair.server, 6);
  Await(pair.server, kPri);
  EXPECT_EQ(Recv(pair.server), "before");
  EXPECT_EQ(AtMark(pair.server), 1);
  EXPECT_EQ(Receive(pair.server, 6), "!after");
}

TEST_P(UrgentTest, ANewUrgentByteDropsTheOldOneWhereReadingStandsAtIt) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "1", MSG_OOB);
  Await(pair.server, kPri);
  Send(pair.client, "2", MSG_OOB);
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_EQ(Recv(pair.server, 1, MSG_OOB), "2");
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(UrgentTest, ANewUrgentByteSendsTheOldOneIntoTheStreamBehindUnreadData) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "ab");
  Send(pair.client, "1", MSG_OOB);
  Await(pair.server, kPri);
  Send(pair.client, "2", MSG_OOB);
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_EQ(Recv(pair.server, 1, MSG_OOB), "2");
  EXPECT_EQ(Recv(pair.server), "ab1");
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(UrgentTest, UrgentByteAndFinTogether) {
  Pair pair = ConnectedPair();
  Send(pair.client, "!", MSG_OOB);
  pair.client.Close();
  Await(pair.server, kRdhup);
  EXPECT_EQ(Ready(pair.server), kIn | kPri | kOut | kRdhup);
  EXPECT_EQ(Recv(pair.server, 1, MSG_OOB), "!");
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
  EXPECT_EQ(Ready(pair.server), kIn | kOut | kRdhup);
}

TEST_P(UrgentTest, EndOfInputBehindAnUnreadUrgentByteIsReported) {
  Pair pair = ConnectedPair();
  Send(pair.client, "!", MSG_OOB);
  pair.client.Close();
  Await(pair.server, kRdhup);
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
}

TEST_P(UrgentTest, RecvOutOfBandOnAnUnconnectedSocketFailsWithEinval) {
  const Fd fd = TcpSocket();
  EXPECT_THAT(TryRecv(fd, MSG_OOB), SyscallFailsWith(EINVAL));
}

TEST_P(UrgentTest, EpollReportsPriIfAskedFor) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn);
  Send(pair.client, "!", MSG_OOB);
  Await(pair.server, kPri);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  EpollModify(epoll, pair.server, kIn | kPri);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kPri}));
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kPri}));
}

TEST_P(UrgentTest, EdgeTriggeredEpollReportsPriOnce) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kPri | kEdge);
  Send(pair.client, "!", MSG_OOB);
  Await(pair.server, kPri);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kPri}));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(UrgentTest, CloseWithAnUnreadUrgentByteResets) {
  Pair pair = ConnectedPair();
  Send(pair.client, "!", MSG_OOB);
  Await(pair.server, kPri);
  pair.server.Close();
  Await(pair.client, kErr);
  EXPECT_EQ(PendingError(pair.client), ECONNRESET);
}

TEST_P(UrgentTest, AnUrgentByteThatIsRefusedIsReportedBeforeTheReset) {
  const Pair pair = ConnectedPair();
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, pair.server));
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_RDWR);
  Await(pair.client, kRdhup);
  AwaitFinAcknowledged(pair.server);
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  EpollAdd(epoll, copy, kEdge);  // hears of errors alone; is told first where both hear
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn | kHup}, Event{copy, kHup}));
  Send(pair.client, "!", MSG_OOB);
  Await(pair.server, kErr);
  EXPECT_THAT(EpollNow(epoll),
              ElementsAre(Event{pair.server, kIn | kErr | kHup}, Event{copy, kErr | kHup}));
}

}  // namespace
}  // namespace hupstorm
