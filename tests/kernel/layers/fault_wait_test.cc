// EINTR from select, poll and epoll_wait.

#include <errno.h>
#include <gmock/gmock.h>

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
