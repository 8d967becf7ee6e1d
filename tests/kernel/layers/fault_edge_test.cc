// The edges that Linux owes an edge-triggered server after a call that a fault cut short.

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>

#include "tests/kernel/layers/machine.h"

namespace hupstorm {
namespace {

class FaultEdgeTest : public MachineTest {
 protected:
  FaultEdgeTest()
      : fd_(machine_.Accepted(true)), epfd_(Invoke<Call::kEpollCreate1>(injector_, 0)) {}
  ~FaultEdgeTest() override { Invoke<Call::kClose>(injector_, epfd_); }

  void Watch(int fd, uint32_t events) { Watch(epfd_, fd, events); }
  void Watch(int epfd, int fd, uint32_t events) {
    epoll_event event{.events = events, .data = {.u64 = 4711}};
    ASSERT_EQ(Invoke<Call::kEpollCtl>(injector_, epfd, EPOLL_CTL_ADD, fd, &event), 0);
  }
  // The events of one edge, 0 for none.
  uint32_t NextEdge() { return NextEdge(epfd_); }
  uint32_t NextEdge(int epfd) {
    epoll_event event{};
    const int count = Invoke<Call::kEpollWait>(injector_, epfd, &event, 1, 0);
    const uint64_t data = event.data.u64;  // packed: no reference may bind to it
    if (count == 1) {
      EXPECT_EQ(data, 4711u);
    }
    return count == 1 ? uint32_t{event.events} : 0;
  }
  void AddRule(CallFamily call, FaultOutcome outcome) {
    injector_.Add({.call = call, .outcome = outcome, .amount = 1});
  }
  ssize_t Recv(size_t length) { return Invoke<Call::kRecv>(injector_, fd_, buffer_, length, 0); }

  FaultInjector injector_{machine_.kernel(), machine_};
  int fd_;
  int epfd_;
  char buffer_[64];
};

TEST_P(FaultEdgeTest, AShortRecvIsFollowedByAnEdge) {
  Watch(fd_, EPOLLIN | EPOLLET);
  machine_.ClientSend("abc");
  EXPECT_EQ(NextEdge(), EPOLLIN);
  AddRule(CallFamily::kRecv, FaultOutcome::kShort);
  EXPECT_EQ(Recv(64), 1);
  EXPECT_EQ(NextEdge(), EPOLLIN);
  EXPECT_EQ(NextEdge(), 0u);
}

// All has come by then, and tcp_recvmsg gives all that there is: a server may rely on that.
TEST_P(FaultEdgeTest, ARecvIsNotCutShortIfTheServerIsToldOfTheEndOfInput) {
  Watch(fd_, EPOLLIN | EPOLLRDHUP);
  machine_.ClientSend("abc");
  AddRule(CallFamily::kRecv, FaultOutcome::kShort);
  EXPECT_EQ(Recv(64), 1) << "the end has not come yet";
  machine_.ClientShutdownWrite();
  AddRule(CallFamily::kRecv, FaultOutcome::kShort);
  EXPECT_EQ(Recv(64), 2);
}

TEST_P(FaultEdgeTest, ARecvIsCutShortIfTheServerIsNotToldOfTheEndOfInput) {
  Watch(fd_, EPOLLIN);
  machine_.ClientSend("abc");
  machine_.ClientShutdownWrite();
  AddRule(CallFamily::kRecv, FaultOutcome::kShort);
  EXPECT_EQ(Recv(64), 1);
}

TEST_P(FaultEdgeTest, ARecvThatTookAllIsNotFollowedByAnEdge) {
  Watch(fd_, EPOLLIN | EPOLLET);
  machine_.ClientSend("a");
  EXPECT_EQ(NextEdge(), EPOLLIN);
  AddRule(CallFamily::kRecv, FaultOutcome::kShort);
  EXPECT_EQ(Recv(64), 1);
  EXPECT_EQ(NextEdge(), 0u);
}

TEST_P(FaultEdgeTest, EagainIsFollowedByAnEdge) {
  Watch(fd_, EPOLLIN | EPOLLOUT | EPOLLET);
  machine_.ClientSend("a");
  EXPECT_EQ(NextEdge(), EPOLLIN | EPOLLOUT);
  AddRule(CallFamily::kRecv, FaultOutcome::kEagain);
  EXPECT_EQ(Recv(64), -1);
  EXPECT_EQ(NextEdge(), EPOLLIN | EPOLLOUT);
  EXPECT_EQ(NextEdge(), 0u);
  AddRule(CallFamily::kSend, FaultOutcome::kEagain);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd_, "abc", 3, 0), -1);
  EXPECT_NE(NextEdge() & EPOLLOUT, 0u);
}

TEST_P(FaultEdgeTest, AShortSendIsFollowedByAnEdge) {
  Watch(fd_, EPOLLOUT | EPOLLET);
  EXPECT_EQ(NextEdge(), EPOLLOUT);
  AddRule(CallFamily::kSend, FaultOutcome::kShort);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd_, "abc", 3, 0), 1);
  EXPECT_EQ(NextEdge(), EPOLLOUT);
}

TEST_P(FaultEdgeTest, NobodyIsToldWhatHeDidNotAskFor) {
  Watch(fd_, EPOLLIN | EPOLLET);
  machine_.ClientSend("abc");
  EXPECT_EQ(NextEdge(), EPOLLIN);
  AddRule(CallFamily::kSend, FaultOutcome::kShort);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd_, "abc", 3, 0), 1);
  EXPECT_EQ(NextEdge(), 0u) << "an edge of EPOLLIN for room to send";
}

TEST_P(FaultEdgeTest, AOneshotWatchIsNotArmed) {
  Watch(fd_, EPOLLIN | EPOLLET | EPOLLONESHOT);
  machine_.ClientSend("abc");
  EXPECT_EQ(NextEdge(), EPOLLIN);
  AddRule(CallFamily::kRecv, FaultOutcome::kShort);
  EXPECT_EQ(Recv(64), 1);
  EXPECT_EQ(NextEdge(), 0u);
}

TEST_P(FaultEdgeTest, AnExclusiveWatchHasItsEdgeToo) {
  Watch(machine_.listener(), EPOLLIN | EPOLLET | EPOLLEXCLUSIVE);
  Invoke<Call::kFcntl>(machine_.kernel(), machine_.listener(), F_SETFL, O_NONBLOCK);
  machine_.Connect();
  EXPECT_EQ(NextEdge(), EPOLLIN);
  AddRule(CallFamily::kAccept, FaultOutcome::kEagain);
  EXPECT_EQ(Invoke<Call::kAccept>(injector_, machine_.listener(), nullptr, nullptr, 0), -1);
  EXPECT_EQ(NextEdge(), EPOLLIN);
}

TEST_P(FaultEdgeTest, EveryEpollAndEveryDuplicateIsToldSo) {
  const int second_epfd = Invoke<Call::kEpollCreate1>(injector_, 0);
  const int duplicate = Invoke<Call::kDup>(injector_, fd_);
  Watch(fd_, EPOLLIN | EPOLLET);
  Watch(second_epfd, fd_, EPOLLIN | EPOLLET);
  machine_.ClientSend("abc");
  EXPECT_EQ(NextEdge(), EPOLLIN);
  EXPECT_EQ(NextEdge(second_epfd), EPOLLIN);
  injector_.Add({.call = CallFamily::kRecv, .outcome = FaultOutcome::kShort});
  machine_.alias = {duplicate, fd_};
  EXPECT_EQ(Invoke<Call::kRecv>(injector_, duplicate, buffer_, 64, 0), 1);
  EXPECT_EQ(NextEdge(), EPOLLIN);
  EXPECT_EQ(NextEdge(second_epfd), EPOLLIN);
  Invoke<Call::kClose>(injector_, duplicate);
  Invoke<Call::kClose>(injector_, second_epfd);
}

TEST_P(FaultEdgeTest, AWatchThatWasRemovedStaysRemoved) {
  Watch(fd_, EPOLLIN | EPOLLET);
  ASSERT_EQ(Invoke<Call::kEpollCtl>(injector_, epfd_, EPOLL_CTL_DEL, fd_, nullptr), 0);
  machine_.ClientSend("abc");
  AddRule(CallFamily::kRecv, FaultOutcome::kShort);
  EXPECT_EQ(Recv(64), 1);
  EXPECT_EQ(NextEdge(), 0u);
}

HUPSTORM_ON_BOTH_MACHINES(FaultEdgeTest);

}  // namespace
}  // namespace hupstorm
