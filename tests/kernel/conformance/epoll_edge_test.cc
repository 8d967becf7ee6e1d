// Edge-triggered and one-shot epoll: what counts as news, and what does not.

#include <sys/eventfd.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class EpollEdgeTest : public KernelTest {};
INSTANTIATE_ON_BOTH_KERNELS(EpollEdgeTest);

TEST_P(EpollEdgeTest, ReportsInputOnce) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn}));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, NewDataIsNewsWhileOldDataIsUnread) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  for (int i = 0; i < 3; ++i) {
    Send(pair.client, "x");
    EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn}));
    EXPECT_THAT(EpollNow(epoll), IsEmpty());
  }
  EXPECT_EQ(Unread(pair.server), 3);
}

TEST_P(EpollEdgeTest, APartialReadIsNoNews) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  Send(pair.client, "abc");
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn}));
  EXPECT_EQ(Recv(pair.server, 1), "a");
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, InputThatWasReadBeforeTheWaitIsNotReported) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  Send(pair.client, "x");
  EXPECT_EQ(Receive(pair.server, 1), "x");
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, WhatIsReadyAtAddIsReported) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "x");
  Await(pair.server, kIn);
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn}));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, ModifyReportsWhatIsReadyAgain) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn}));
  EXPECT_THAT(EpollModify(epoll, pair.server, kIn | kEdge), SyscallSucceeds());
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn}));
  EXPECT_EQ(Recv(pair.server), "x");
  EpollModify(epoll, pair.server, kIn | kEdge);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, WritabilityIsReportedOnce) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut | kEdge);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, SpaceThatWasNotMissedIsNoNews) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut | kEdge);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  Send(pair.server, "taken by the peer");
  EXPECT_EQ(Receive(pair.client, 17), "taken by the peer");
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, SpaceInABufferThatWasNeverFullIsNoNews) {
  const Pair pair = ConnectedPair({.client_receive = 4096, .server_send = 16 * kSmall});
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut | kEdge);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  const std::string bytes(3 * kSmall, 'x');  // more than the peer's buffer takes
  Send(pair.server, bytes);
  EXPECT_EQ(Receive(pair.client, bytes.size()), bytes);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, SpaceAfterAFullBufferIsReportedOnce) {
  const Pair pair = ConnectedPair({.client_receive = kSmall, .server_send = kSmall});
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut | kEdge);
  const size_t sent = Fill(pair.server);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  Receive(pair.client, sent);
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kOut}));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, AnEdgeReportsAllThatIsReadyAndAskedFor) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kOut | kRdhup | kEdge);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn | kOut}));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, FinIsNewsWhileDataIsUnread) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kRdhup | kEdge);
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn}));
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn | kRdhup}));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, DataAndFinBeforeTheWaitAreOneEdge) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kRdhup | kEdge);
  Send(pair.client, "x");
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn | kRdhup}));
  EXPECT_EQ(Recv(pair.server), "x");
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  EXPECT_THAT(TryRecv(pair.server), SyscallSucceedsWithValue(0));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, FinIsNewsForASocketThatWatchesOutputOnly) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut | kEdge);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
}

TEST_P(EpollEdgeTest, DataIsNoNewsForASocketThatWatchesOutputOnly) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut | kEdge);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  Send(pair.client, "x");
  Await(pair.server, kIn);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, ResetIsReportedOnce) {
  Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn | kErr | kHup}));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, ResetIsNewsAfterData) {
  Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn}));
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn | kErr | kHup}));
}

TEST_P(EpollEdgeTest, OwnShutdownOfWritingIsNewsWhenItHangsUp) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn}));
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_WR);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn | kHup}));
}

TEST_P(EpollEdgeTest, EachNewClientIsNewsForAListener) {
  const Listener listener = Listen();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, listener.fd, kIn | kEdge);
  const Fd a = Connect(listener);
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{listener.fd, kIn}));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  const Fd b = Connect(listener);
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{listener.fd, kIn}));
}

TEST_P(EpollEdgeTest, AcceptingOneOfTwoIsNoNews) {
  const Listener listener = Listen();
  const Fd epoll = NewEpoll();
  const Fd a = Connect(listener);
  const Fd b = Connect(listener);
  Await(listener.fd, kIn);
  const Fd server_a = Accept(listener);
  Await(listener.fd, kIn);
  EpollAdd(epoll, listener.fd, kIn | kEdge);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{listener.fd, kIn}));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, EachWriteIsNewsForAnEventfd) {
  const Fd fd(kernel, Invoke<Call::kEventfd>(kernel, 0, EFD_NONBLOCK));
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, fd, kIn | kEdge);
  const uint64_t one = 1;
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Invoke<Call::kWrite>(kernel, fd, &one, sizeof one), SyscallSucceeds());
    EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{fd, kIn}));
    EXPECT_THAT(EpollNow(epoll), IsEmpty());
  }
}

TEST_P(EpollEdgeTest, EachWriteIsNewsForAPipe) {
  const Pipe pipe = NewPipe();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pipe.read, kIn | kEdge);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Invoke<Call::kWrite>(kernel, pipe.write, "x", 1), SyscallSucceeds());
    EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pipe.read, kIn}));
    EXPECT_THAT(EpollNow(epoll), IsEmpty());
  }
}

TEST_P(EpollEdgeTest, EachWriteIsNewsForASocketpair) {
  const Pair pair = SocketPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  for (int i = 0; i < 3; ++i) {
    Send(pair.client, "x");
    EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn}));
    EXPECT_THAT(EpollNow(epoll), IsEmpty());
  }
}

TEST_P(EpollEdgeTest, ANestedEpollIsReportedOnceAnEdge) {
  const Pair pair = ConnectedPair();
  const Fd inner = NewEpoll();
  const Fd outer = NewEpoll();
  EpollAdd(inner, pair.server, kIn);
  EpollAdd(outer, inner, kIn | kEdge);
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(outer), ElementsAre(Event{inner, kIn}));
  EXPECT_THAT(EpollNow(outer), IsEmpty());
}

TEST_P(EpollEdgeTest, OneshotIsReportedOnceEvenIfMoreHappens) {
  Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kOneshot);
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn}));
  Send(pair.client, "y");
  AwaitUnread(pair.server, 2);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, ModifyArmsOneshotAgain) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kOneshot);
  Send(pair.client, "x");
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn}));
    EXPECT_THAT(EpollNow(epoll), IsEmpty());
    EXPECT_THAT(EpollModify(epoll, pair.server, kIn | kOneshot), SyscallSucceeds());
  }
}

TEST_P(EpollEdgeTest, ModifyArmsOneshotForWhatHappenedWhileItWasDisarmed) {
  Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kOneshot);
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn}));
  EXPECT_EQ(Recv(pair.server), "x");
  Reset(pair.client);
  Await(pair.server, kErr);
  EpollModify(epoll, pair.server, kIn | kOneshot);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn | kErr | kHup}));
}

TEST_P(EpollEdgeTest, OneshotStaysRegistered) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut | kOneshot);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  EXPECT_THAT(EpollAdd(epoll, pair.server, kOut), SyscallFailsWith(EEXIST));
  EXPECT_THAT(EpollDelete(epoll, pair.server), SyscallSucceeds());
}

TEST_P(EpollEdgeTest, OneshotAndEdgeTriggered) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge | kOneshot);
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn}));
  Send(pair.client, "y");
  AwaitUnread(pair.server, 2);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  EpollModify(epoll, pair.server, kIn | kEdge | kOneshot);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kIn}));
}

TEST_P(EpollEdgeTest, ReportedEdgesDoNotGoRoundWithMaxevents) {
  Pair pairs[3];
  const Fd epoll = NewEpoll();
  for (Pair& pair : pairs) {
    pair = ConnectedPair();
    EpollAdd(epoll, pair.server, kIn | kEdge);
    Send(pair.client, "x");
    Await(pair.server, kIn);
  }
  for (Pair& pair : pairs) {
    EXPECT_THAT(EpollNow(epoll, /*max_events=*/1), ElementsAre(Event{pair.server, kIn}));
  }
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollEdgeTest, LevelAndEdgeSideBySide) {
  const Pair level = ConnectedPair();
  const Pair edge = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, level.server, kIn);
  EpollAdd(epoll, edge.server, kIn | kEdge);
  Send(level.client, "x");
  Await(level.server, kIn);
  Send(edge.client, "x");
  Await(edge.server, kIn);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{level.server, kIn}, Event{edge.server, kIn}));
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{level.server, kIn}));
}

TEST_P(EpollEdgeTest, SettingTheSendBufferIsAnEdgeOfRoom) {
  const Listener listener = Listen();
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut | kEdge);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  SetOption(pair.server, SOL_SOCKET, SO_SNDBUF, 64 * 1024);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  EpollAdd(epoll, listener.fd, kIn | kOut | kEdge);
  const Fd client = Connect(listener);
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{listener.fd, kIn}));
  SetOption(listener.fd, SOL_SOCKET, SO_SNDBUF, 64 * 1024);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{listener.fd, kIn}));
}

}  // namespace
}  // namespace hupstorm
