// Faults of accept.

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>

#include "tests/kernel/layers/machine.h"

namespace hupstorm {
namespace {

class FaultAcceptTest : public MachineTest {
 protected:
  FaultAcceptTest() {
    Invoke<Call::kFcntl>(machine_.kernel(), machine_.listener(), F_SETFL, O_NONBLOCK);
  }

  void AddRule(FaultOutcome outcome, uint32_t times = 1) {
    injector_.Add({.call = CallFamily::kAccept, .outcome = outcome, .times = times});
  }
  // Asks for the address, as servers do that log it.
  int Accept() {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    return Invoke<Call::kAccept>(injector_, machine_.listener(),
                                 reinterpret_cast<sockaddr*>(&address), &length, 0);
  }
  void ExpectAccepted() {
    const int fd = Accept();
    EXPECT_NE(fd, -1);
    Invoke<Call::kClose>(machine_.kernel(), fd);
  }

  FaultInjector injector_{machine_.kernel(), machine_};
};

TEST_P(FaultAcceptTest, WantOfResourcesLeavesTheConnectionInTheQueue) {
  machine_.Connect();
  const std::pair<FaultOutcome, int> cases[] = {{FaultOutcome::kEmfile, EMFILE},
                                                {FaultOutcome::kEnfile, ENFILE},
                                                {FaultOutcome::kEnobufs, ENOBUFS},
                                                {FaultOutcome::kEnomem, ENOMEM},
                                                {FaultOutcome::kEagain, EAGAIN}};
  for (const auto& [outcome, error] : cases) {
    AddRule(outcome);
    EXPECT_EQ(Accept(), -1);
    EXPECT_EQ(errno, error);
  }
  ExpectAccepted();
}

// Linux looks for a descriptor before it looks at the queue.
TEST_P(FaultAcceptTest, EmfileNeedsNoConnection) {
  AddRule(FaultOutcome::kEmfile);
  EXPECT_EQ(Accept(), -1);
  EXPECT_EQ(errno, EMFILE);
  EXPECT_EQ(Accept(), -1);
  EXPECT_EQ(errno, EAGAIN);
}

TEST_P(FaultAcceptTest, OnlyListenersAreHarmed) {
  const int fd = machine_.Accepted(true);
  AddRule(FaultOutcome::kEmfile);
  EXPECT_EQ(Invoke<Call::kAccept>(injector_, fd, nullptr, nullptr, 0), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(injector_.injected(), 0u);
}

TEST_P(FaultAcceptTest, EconnabortedTakesTheConnectionAway) {
  machine_.Connect();
  AddRule(FaultOutcome::kEconnaborted);
  EXPECT_EQ(Accept(), -1);
  EXPECT_EQ(errno, ECONNABORTED);
  EXPECT_EQ(machine_.aborted.size(), 1u);
  EXPECT_EQ(Invoke<Call::kFcntl>(machine_.kernel(), machine_.aborted[0], F_GETFD, 0), -1)
      << "still open";
  EXPECT_EQ(machine_.ClientReceive(1), "");
  EXPECT_EQ(Accept(), -1);
  EXPECT_EQ(errno, EAGAIN);
}

TEST_P(FaultAcceptTest, EconnabortedNeedsAConnectionAndAnAddress) {
  AddRule(FaultOutcome::kEconnaborted);
  EXPECT_EQ(Accept(), -1);
  EXPECT_EQ(errno, EAGAIN);
  machine_.Connect();
  const int fd = Invoke<Call::kAccept>(injector_, machine_.listener(), nullptr, nullptr, 0);
  EXPECT_NE(fd, -1);
  Invoke<Call::kClose>(machine_.kernel(), fd);
  EXPECT_EQ(injector_.injected(), 0u);
}

TEST_P(FaultAcceptTest, EintrNeedsABlockingListenerWithNobodyWaiting) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ASSERT_EQ(Invoke<Call::kSigaction>(injector_, SIGUSR1, &action, nullptr), 0);
  AddRule(FaultOutcome::kEintr);
  EXPECT_EQ(Accept(), -1);
  EXPECT_EQ(errno, EAGAIN);
  Invoke<Call::kFcntl>(machine_.kernel(), machine_.listener(), F_SETFL, 0);
  machine_.Connect();
  ExpectAccepted();
  EXPECT_EQ(Accept(), -1);
  EXPECT_EQ(errno, EINTR);
}

HUPSTORM_ON_BOTH_MACHINES(FaultAcceptTest);

}  // namespace
}  // namespace hupstorm
