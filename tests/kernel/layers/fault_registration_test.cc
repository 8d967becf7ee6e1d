// Faults of epoll_ctl.

#include <errno.h>
#include <gmock/gmock.h>

#include "tests/kernel/layers/machine.h"

namespace hupstorm {
namespace {

class FaultRegistrationTest : public MachineTest {
 protected:
  FaultRegistrationTest() : epfd_(Invoke<Call::kEpollCreate1>(machine_.kernel(), 0)) {}
  ~FaultRegistrationTest() override { Invoke<Call::kClose>(machine_.kernel(), epfd_); }

  int Control(int operation, int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    return Invoke<Call::kEpollCtl>(injector_, epfd_, operation, fd, &event);
  }

  FaultInjector injector_{machine_.kernel(), machine_};
  int epfd_;
};

TEST_P(FaultRegistrationTest, TheDescriptorIsNotRegistered) {
  const int fd = machine_.Accepted(true);
  for (const auto& [outcome, error] :
       {std::pair(FaultOutcome::kEnomem, ENOMEM), std::pair(FaultOutcome::kEnospc, ENOSPC)}) {
    injector_.Add({.call = CallFamily::kEpollCtl, .outcome = outcome});
    EXPECT_EQ(Control(EPOLL_CTL_ADD, fd), -1);
    EXPECT_EQ(errno, error);
    EXPECT_EQ(Control(EPOLL_CTL_MOD, fd), -1);
    EXPECT_EQ(errno, ENOENT);
  }
  EXPECT_EQ(Control(EPOLL_CTL_ADD, fd), 0);
}

TEST_P(FaultRegistrationTest, OnlyAnAddThatWouldSucceedIsHarmed) {
  const int fd = machine_.Accepted(true);
  ASSERT_EQ(Control(EPOLL_CTL_ADD, fd), 0);
  injector_.Add({.call = CallFamily::kEpollCtl, .outcome = FaultOutcome::kEnomem});
  EXPECT_EQ(Control(EPOLL_CTL_MOD, fd), 0);
  EXPECT_EQ(Control(EPOLL_CTL_ADD, fd), -1);
  EXPECT_EQ(errno, EEXIST);
  EXPECT_EQ(Control(EPOLL_CTL_ADD, -1), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(injector_.injected(), 0u);
}

TEST_P(FaultRegistrationTest, ARuleKeepsToItsConnection) {
  const int fd = machine_.Accepted(true);
  injector_.Add(
      {.call = CallFamily::kEpollCtl, .outcome = FaultOutcome::kEnomem, .connection = fd});
  EXPECT_EQ(Control(EPOLL_CTL_ADD, machine_.listener()), 0);
  EXPECT_EQ(Control(EPOLL_CTL_ADD, fd), -1);
}

HUPSTORM_ON_BOTH_MACHINES(FaultRegistrationTest);

}  // namespace
}  // namespace hupstorm
