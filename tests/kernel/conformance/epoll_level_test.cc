// Level-triggered epoll: what is ready is reported, again and again, as long as it is.

#include <sys/eventfd.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class EpollLevelTest : public KernelTest {};
INSTANTIATE_ON_BOTH_KERNELS(EpollLevelTest);

TEST_P(EpollLevelTest, ReportsInputUntilItIsDrained) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  Send(pair.client, "ab");
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn}));
  EXPECT_EQ(Receive(pair.server, 1), "a");
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn}));
  EXPECT_EQ(Receive(pair.server, 1), "b");
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollLevelTest, ReportsOnlyWhatWasAskedFor) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "x");
  Await(pair.server, kIn);
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  EpollModify(epoll, pair.server, kIn);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn}));
  EpollModify(epoll, pair.server, kIn | kOut);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn | kOut}));
  EpollModify(epoll, pair.server, kNothing);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollLevelTest, ReportsWritabilityAgainAndAgain) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  }
}

TEST_P(EpollLevelTest, EndOfInputIsInAndRdhupOnlyIfAskedFor) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn}));
  EpollModify(epoll, pair.server, kRdhup);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kRdhup}));
  EpollModify(epoll, pair.server, kIn | kRdhup);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn | kRdhup}));
}

TEST_P(EpollLevelTest, EndOfInputIsReportedAfterItWasRead) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn}));
    EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
  }
}

TEST_P(EpollLevelTest, ErrAndHupNeedNotBeAskedFor) {
  Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kNothing);
  Reset(pair.client);
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kErr | kHup}));
  EXPECT_EQ(PendingError(pair.server), ECONNRESET);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kHup}));
}

TEST_P(EpollLevelTest, ResetIsReportedWithAllThatWasAskedFor) {
  Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  Reset(pair.client);
  Await(pair.server, kErr);
  EpollAdd(epoll, pair.server, kEverything);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn | kOut | kRdhup | kErr | kHup}));
}

TEST_P(EpollLevelTest, HupAfterFinFromBothSides) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kNothing);
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_WR);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kHup}));
}

TEST_P(EpollLevelTest, AnUnconnectedSocketIsWritableAndHungUp) {
  const Fd fd = TcpSocket();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, fd, kIn | kOut);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{fd, kOut | kHup}));
  EpollModify(epoll, fd, kIn);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{fd, kHup}));
}

TEST_P(EpollLevelTest, ListenerIsReportedUntilTheQueueIsEmpty) {
  const Listener listener = Listen();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, listener.fd, kIn);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  const Fd a = Connect(listener);
  const Fd b = Connect(listener);
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{listener.fd, kIn}));
  const Fd server_a = Accept(listener);
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{listener.fd, kIn}));
  const Fd server_b = Accept(listener);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollLevelTest, ReportsInOrderOfBecomingReady) {
  Pair pairs[3];
  const Fd epoll = NewEpoll();
  for (Pair& pair : pairs) {
    pair = ConnectedPair();
    EpollAdd(epoll, pair.server, kIn);
  }
  for (int i : {2, 0, 1}) {
    Send(pairs[i].client, "x");
    Await(pairs[i].server, kIn);
  }
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pairs[2].server, kIn}, Event{pairs[0].server, kIn},
                                           Event{pairs[1].server, kIn}));
}

TEST_P(EpollLevelTest, OneEventAtATimeGoesRoundAllThatAreReady) {
  Pair pairs[3];
  const Fd epoll = NewEpoll();
  for (Pair& pair : pairs) {
    pair = ConnectedPair();
    EpollAdd(epoll, pair.server, kIn);
    Send(pair.client, "x");
    Await(pair.server, kIn);
  }
  for (int round = 0; round < 3; ++round) {
    for (Pair& pair : pairs) {
      EXPECT_THAT(EpollNow(epoll, /*max_events=*/1), ElementsAre(Event{pair.server, kIn}));
    }
  }
}

TEST_P(EpollLevelTest, TwoEventsAtATimeGoRoundThree) {
  Pair pairs[3];
  const Fd epoll = NewEpoll();
  for (Pair& pair : pairs) {
    pair = ConnectedPair();
    EpollAdd(epoll, pair.server, kIn);
    Send(pair.client, "x");
    Await(pair.server, kIn);
  }
  EXPECT_THAT(EpollNow(epoll, 2),
              ElementsAre(Event{pairs[0].server, kIn}, Event{pairs[1].server, kIn}));
  EXPECT_THAT(EpollNow(epoll, 2),
              ElementsAre(Event{pairs[2].server, kIn}, Event{pairs[0].server, kIn}));
  EXPECT_THAT(EpollNow(epoll, 2),
              ElementsAre(Event{pairs[1].server, kIn}, Event{pairs[2].server, kIn}));
}

TEST_P(EpollLevelTest, ReportsEachDescriptorOnceHoweverManyBytesArrived) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn);
  for (int i = 0; i < 5; ++i) Send(pair.client, "x");
  AwaitUnread(pair.server, 5);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn}));
}

TEST_P(EpollLevelTest, TwoEpollsReportTheSameDescriptor) {
  const Pair pair = ConnectedPair();
  const Fd a = NewEpoll();
  const Fd b = NewEpoll();
  EpollAdd(a, pair.server, kIn);
  EpollAdd(b, pair.server, kIn | kOut);
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(a), ElementsAre(Event{pair.server, kIn}));
  EXPECT_THAT(AwaitEvents(b), ElementsAre(Event{pair.server, kIn | kOut}));
}

TEST_P(EpollLevelTest, TimeoutZeroReturnsAtOnce) {
  const Fd epoll = NewEpoll();
  epoll_event event;
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &event, 1, 0), SyscallSucceedsWithValue(0));
}

TEST_P(EpollLevelTest, TimeoutPassesBeforeNothingIsReported) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn);
  const int64_t start = NowNs();
  epoll_event event;
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &event, 1, 20), SyscallSucceedsWithValue(0));
  EXPECT_GE(NowNs() - start, 20 * kMillisecond);
}

TEST_P(EpollLevelTest, MaxEventsMustBePositive) {
  const Fd epoll = NewEpoll();
  epoll_event event;
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &event, 0, 0), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &event, -1, 0), SyscallFailsWith(EINVAL));
}

TEST_P(EpollLevelTest, WaitFailsOnWhatIsNoEpoll) {
  const Fd fd = TcpSocket();
  epoll_event event;
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, fd, &event, 1, 0), SyscallFailsWith(EINVAL));
  Fd epoll = NewEpoll();
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll.Close(), &event, 1, 0),
              SyscallFailsWith(EBADF));
}

TEST_P(EpollLevelTest, AnEpollIsReadableWhileItHasEvents) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn);
  EXPECT_EQ(Ready(epoll), kNothing);
  Send(pair.client, "x");
  Await(epoll, kIn);
  EXPECT_EQ(Ready(epoll), kIn);
  EXPECT_EQ(Recv(pair.server), "x");
  EXPECT_EQ(Ready(epoll), kNothing);
}

TEST_P(EpollLevelTest, ANestedEpollIsReportedWhileItHasEvents) {
  const Pair pair = ConnectedPair();
  const Fd inner = NewEpoll();
  const Fd outer = NewEpoll();
  EpollAdd(inner, pair.server, kIn);
  EXPECT_THAT(EpollAdd(outer, inner, kIn), SyscallSucceeds());
  EXPECT_THAT(EpollNow(outer), IsEmpty());
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(outer), ElementsAre(Event{inner, kIn}));
  EXPECT_THAT(EpollNow(inner), ElementsAre(Event{pair.server, kIn}));
  EXPECT_THAT(EpollNow(outer), ElementsAre(Event{inner, kIn}));
  EXPECT_EQ(Recv(pair.server), "x");
  EXPECT_THAT(EpollNow(outer), IsEmpty());
}

TEST_P(EpollLevelTest, AnEpollHasNoBytes) {
  const Fd epoll = NewEpoll();
  char byte;
  EXPECT_THAT(Invoke<Call::kRead>(kernel, epoll, &byte, 1), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, epoll, &byte, 1), SyscallFailsWith(EINVAL));
}

TEST_P(EpollLevelTest, ReportsManyDescriptorsInOneCall) {
  const Listener listener = Listen(/*backlog=*/64);
  const Fd epoll = NewEpoll();
  std::vector<Fd> clients;
  std::vector<Fd> servers;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(Connect(listener));
    servers.push_back(Accept(listener));
    EpollAdd(epoll, servers.back(), kIn);
    Send(clients.back(), "x");
  }
  for (const Fd& server : servers) Await(server, kIn);
  EXPECT_THAT(EpollNow(epoll, 64), SizeIs(40));
  EXPECT_THAT(EpollNow(epoll, 16), SizeIs(16));
}

TEST_P(EpollLevelTest, DifferentKindsOfDescriptorsAreReportedTogether) {
  const Listener listener = Listen();
  const Pair pair = ConnectedPair();
  const Pipe pipe = NewPipe();
  const Fd event(kernel, Invoke<Call::kEventfd>(kernel, 1, EFD_NONBLOCK));
  const Fd epoll = NewEpoll();
  for (int fd : {int{listener.fd}, int{pair.server}, int{pipe.read}, int{event}}) {
    EpollAdd(epoll, fd, kIn);
  }
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{event, kIn}));
  const Fd client = Connect(listener);
  Send(pair.client, "x");
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, pipe.write, "x", 1), SyscallSucceeds());
  Await(listener.fd, kIn);
  Await(pair.server, kIn);
  EXPECT_THAT(EpollNow(epoll),
              UnorderedElementsAre(Event{event, kIn}, Event{listener.fd, kIn},
                                   Event{pair.server, kIn}, Event{pipe.read, kIn}));
}

}  // namespace
}  // namespace hupstorm
