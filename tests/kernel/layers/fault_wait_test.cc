// EINTR from select, poll and epoll_wait, and ENOMEM from the first two.

#include <errno.h>
#include <gmock/gmock.h>

#include <cstring>
#include <vector>

#include "tests/kernel/layers/machine.h"

namespace hupstorm {
namespace {

class FaultWaitTest : public MachineTest {
 protected:
  FaultWaitTest()
      : fd_(machine_.Accepted(true)), epfd_(Invoke<Call::kEpollCreate1>(machine_.kernel(), 0)) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd_}};
    Invoke<Call::kEpollCtl>(machine_.kernel(), epfd_, EPOLL_CTL_ADD, fd_, &event);
  }
  ~FaultWaitTest() override { Invoke<Call::kClose>(machine_.kernel(), epfd_); }

  void AddRule(uint32_t times = 1) {
    injector_.Add({.call = CallFamily::kWait, .outcome = FaultOutcome::kEintr, .times = times});
  }
  void InstallHandler() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;  // these three are never restarted
    ASSERT_EQ(Invoke<Call::kSigaction>(injector_, SIGUSR1, &action, nullptr), 0);
  }
  int Select(int timeout_ms) {
    FD_ZERO(&readable_);
    FD_SET(fd_, &readable_);
    timeval timeout{.tv_sec = 0, .tv_usec = timeout_ms * 1000};
    return Invoke<Call::kSelect>(injector_, fd_ + 1, &readable_, nullptr, nullptr, &timeout);
  }
  int Poll(int timeout_ms) {
    poll_ = {.fd = fd_, .events = POLLIN, .revents = 0};
    return Invoke<Call::kPoll>(injector_, &poll_, 1, timeout_ms);
  }
  int EpollWait(int timeout_ms) {
    return Invoke<Call::kEpollWait>(injector_, epfd_, &event_, 1, timeout_ms);
  }

  FaultInjector injector_{machine_.kernel(), machine_};
  int fd_;
  int epfd_;
  fd_set readable_;
  pollfd poll_;
  epoll_event event_;
};

TEST_P(FaultWaitTest, AWaitIsInterrupted) {
  InstallHandler();
  AddRule(3);
  EXPECT_EQ(Select(1), -1);
  EXPECT_EQ(errno, EINTR);
  EXPECT_TRUE(FD_ISSET(fd_, &readable_)) << "an interrupted select leaves its sets alone";
  EXPECT_EQ(Poll(1), -1);
  EXPECT_EQ(errno, EINTR);
  EXPECT_EQ(EpollWait(1), -1);
  EXPECT_EQ(errno, EINTR);
  EXPECT_EQ(EpollWait(1), 0);
}

TEST_P(FaultWaitTest, WhatIsReadyIsReported) {
  InstallHandler();
  AddRule();
  machine_.ClientSend("a");
  EXPECT_EQ(Select(1), 1);
  EXPECT_TRUE(FD_ISSET(fd_, &readable_));
  EXPECT_EQ(Poll(1), 1);
  EXPECT_EQ(poll_.revents, POLLIN);
  EXPECT_EQ(EpollWait(1), 1);
  const int reported = event_.data.fd;  // packed: no reference may bind to it
  EXPECT_EQ(reported, fd_);
  EXPECT_EQ(injector_.injected(), 0u);
}

TEST_P(FaultWaitTest, ALookWithoutWaitingIsNotInterrupted) {
  InstallHandler();
  AddRule();
  EXPECT_EQ(Select(0), 0);
  EXPECT_FALSE(FD_ISSET(fd_, &readable_));
  EXPECT_EQ(Poll(0), 0);
  EXPECT_EQ(EpollWait(0), 0);
  EXPECT_EQ(injector_.injected(), 0u);
}

TEST_P(FaultWaitTest, WithoutAHandlerOnlyEpollWaitIsInterrupted) {
  AddRule();
  EXPECT_EQ(Select(1), 0);
  EXPECT_EQ(Poll(1), 0);
  EXPECT_EQ(EpollWait(1), -1);
  EXPECT_EQ(errno, EINTR);
}

// On that many descriptors select and poll cannot sleep without memory (N_INLINE_POLL_ENTRIES).
class FaultCrowdedWaitTest : public MachineTest {
 protected:
  FaultCrowdedWaitTest() {
    FD_ZERO(&readable_);
    for (int i = 0; i < 10; ++i) {
      poll_.push_back({.fd = machine_.Accepted(true), .events = POLLIN, .revents = 0});
      FD_SET(poll_.back().fd, &readable_);
    }
    injector_.Add({.call = CallFamily::kWait, .outcome = FaultOutcome::kEnomem, .times = kAlways});
  }
  int Poll(nfds_t count, int timeout_ms) {
    return Invoke<Call::kPoll>(injector_, poll_.data(), count, timeout_ms);
  }
  int Select(int without) {
    fd_set readable = readable_;
    if (without >= 0) FD_CLR(without, &readable);
    timeval timeout{.tv_sec = 0, .tv_usec = 1000};
    const int count =
        Invoke<Call::kSelect>(injector_, FD_SETSIZE, &readable, nullptr, nullptr, &timeout);
    if (count < 0) is_unchanged_ = memcmp(&readable, &readable_, sizeof readable) == 0;
    return count;
  }

  FaultInjector injector_{machine_.kernel(), machine_};
  std::vector<pollfd> poll_;
  fd_set readable_;
  bool is_unchanged_ = false;
};

TEST_P(FaultCrowdedWaitTest, ASleepOnManyDescriptorsFindsNoMemory) {
  EXPECT_EQ(Poll(10, 1), -1);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_EQ(Select(-1), -1);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_TRUE(is_unchanged_);
  EXPECT_EQ(injector_.passing(), 2u);
}

TEST_P(FaultCrowdedWaitTest, OneThatNeedsNoMemoryGoesOn) {
  EXPECT_EQ(Poll(9, 1), 0);
  EXPECT_EQ(Poll(10, 0), 0);
  EXPECT_EQ(Select(poll_[3].fd), 0);
  machine_.ClientSend("a");
  EXPECT_EQ(Poll(10, 1), 1);
  EXPECT_EQ(Select(-1), 1);
  poll_[2].fd = -1;
  poll_.back().fd = poll_[0].fd;
  EXPECT_EQ(Poll(10, 1), 0);
  EXPECT_EQ(injector_.injected(), 0u);
}

TEST_P(FaultCrowdedWaitTest, MemoryIsShortForThreeWaitsInARowAtMost) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Poll(10, 1), -1);
  EXPECT_EQ(Poll(10, 1), 0);
  EXPECT_EQ(Poll(10, 1), -1);
}

HUPSTORM_ON_BOTH_MACHINES(FaultCrowdedWaitTest);

TEST_P(FaultWaitTest, AMistakeKeepsItsErrno) {
  AddRule();
  EXPECT_EQ(Invoke<Call::kEpollWait>(injector_, epfd_, &event_, 0, -1), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(Invoke<Call::kEpollWait>(injector_, fd_, &event_, 1, -1), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(injector_.injected(), 0u);
}

HUPSTORM_ON_BOTH_MACHINES(FaultWaitTest);

}  // namespace
}  // namespace hupstorm
