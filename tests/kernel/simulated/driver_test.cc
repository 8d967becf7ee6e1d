#include <fcntl.h>

#include <functional>
#include <stdexcept>

#include "kernel/in_force.h"
#include "tests/kernel/simulated/server_fixture.h"

namespace hupstorm {
namespace {

struct Block {
  Call call;
  int fd;
  int64_t deadline_ns;
  friend bool operator==(const Block&, const Block&) = default;
};

// Does what the test says when the server would sleep.
class DriverTest : public ServerFixture, public KernelDriver {
 protected:
  DriverTest() { kernel.set_driver(this); }

  void OnBlock(Call call, int fd, int64_t deadline_ns) override {
    blocks.push_back({call, fd, deadline_ns});
    if (on_block) {
      on_block();
    } else {
      throw std::runtime_error("nothing happens any more");
    }
  }

  std::vector<Block> blocks;
  std::function<void()> on_block;
};

int handler_runs = 0;
bool handler_ran_as_server = false;
void CountRuns(int) {
  ++handler_runs;
  handler_ran_as_server = in_force.in_server;
}

class DriverSignalTest : public DriverTest {
 protected:
  void SetUp() override {
    handler_runs = 0;
    handler_ran_as_server = false;
  }
  void Handle(int signal, int flags) {
    struct sigaction action = {};
    action.sa_handler = CountRuns;
    action.sa_flags = flags;
    EXPECT_THAT(Invoke<Call::kSigaction>(kernel, signal, &action, nullptr), SyscallSucceeds());
  }
};

TEST_F(DriverTest, EpollWaitAsksAgainUntilSomethingIsReady) {
  const int listener = Listen();
  const int epoll = Invoke<Call::kEpollCreate1>(kernel, 0);
  epoll_event event = {.events = EPOLLIN, .data = {.fd = listener}};
  Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_ADD, listener, &event);
  on_block = [&] {
    if (blocks.size() == 3) kernel.PeerConnect(kPort);
  };
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &event, 1, -1), SyscallSucceedsWithValue(1));
  EXPECT_EQ(blocks, std::vector<Block>(3, Block{Call::kEpollWait, epoll, -1}));
}

TEST_F(DriverTest, DeadlinesAreOnTheVirtualClock) {
  const int64_t deadline = kernel.now_ns() + 250'000'000;
  on_block = [&] { kernel.AdvanceTo(deadline); };
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, nullptr, 0, 250), SyscallSucceedsWithValue(0));
  EXPECT_EQ(blocks, (std::vector<Block>{{Call::kPoll, -1, deadline}}));
}

TEST_F(DriverTest, ABlockingSendKeepsItsProgress) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  const int fd = Accept(listener, 0);
  std::string got;
  on_block = [&] { got += PeerRead(peer); };
  const std::string text(1'000'000, 'x');
  EXPECT_THAT(Send(fd, text), SyscallSucceedsWithValue(1'000'000));
  got += PeerRead(peer);
  EXPECT_EQ(got.size(), text.size());
  EXPECT_EQ(blocks.front(), (Block{Call::kSend, fd, -1}));
}

TEST_F(DriverTest, AnExceptionLeavesTheKernelConsistent) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  const int fd = Accept(listener, 0);
  const int epoll = Invoke<Call::kEpollCreate1>(kernel, 0);
  char byte;
  epoll_event event;
  EXPECT_THROW(Invoke<Call::kRecv>(kernel, fd, &byte, 1, 0), std::runtime_error);
  EXPECT_THROW(Invoke<Call::kEpollWait>(kernel, epoll, &event, 1, -1), std::runtime_error);
  EXPECT_THROW(
      Invoke<Call::kNanosleep>(kernel, std::make_unique<timespec>(timespec{1, 0}).get(), nullptr),
      std::runtime_error);
  PeerSend(peer, "x");
  EXPECT_EQ(Recv(fd), "x");
  for (const int open : {fd, epoll, listener}) {
    EXPECT_THAT(Invoke<Call::kClose>(kernel, open), SyscallSucceeds());
  }
  EXPECT_EQ(kernel.open_descriptor_count(), 0);
  EXPECT_TRUE(kernel.Status(peer).end_of_input);
}

TEST_F(DriverTest, AnExceptionOutOfALingeringCloseStillClosesIt) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort, {.receive_buffer = 100});
  const int fd = Accept(listener);
  const linger wait = {.l_onoff = 1, .l_linger = 10};
  Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, SO_LINGER, &wait, sizeof wait);
  Send(fd, std::string(200, 'x'));
  EXPECT_THROW(Invoke<Call::kClose>(kernel, fd), std::runtime_error);
  EXPECT_EQ(blocks, (std::vector<Block>{{Call::kClose, fd, kernel.now_ns() + 10 * kSecond}}));
  EXPECT_EQ(kernel.KindOf(fd), SimulatedKernel::DescriptorKind::kFree);
  EXPECT_EQ(PeerRead(peer).size(), 200u);
  EXPECT_TRUE(kernel.Status(peer).end_of_input);
}

TEST_F(DriverSignalTest, HandlersRunAsTheServerAndInterrupt) {
  Handle(SIGTERM, 0);
  on_block = [&] {
    EXPECT_EQ(kernel.RaiseSignal(SIGTERM), SimulatedKernel::Disposition::kHandled);
  };
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, nullptr, 0, -1), SyscallFailsWith(EINTR));
  EXPECT_EQ(handler_runs, 1);
  EXPECT_TRUE(handler_ran_as_server);
  EXPECT_FALSE(in_force.in_server);
}

TEST_F(DriverSignalTest, RestartedCallsGoOnWaiting) {
  Handle(SIGUSR1, SA_RESTART);
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  const int fd = Accept(listener, 0);
  on_block = [&] {
    if (blocks.size() == 1) {
      kernel.RaiseSignal(SIGUSR1);
    } else {
      PeerSend(peer, "x");
    }
  };
  EXPECT_EQ(Recv(fd), "x");
  EXPECT_EQ(blocks.size(), 2u);
  // But not epoll_wait, whatever the handler's flags (signal(7)).
  epoll_event event;
  on_block = [&] { kernel.RaiseSignal(SIGUSR1); };
  EXPECT_THAT(
      Invoke<Call::kEpollWait>(kernel, Invoke<Call::kEpollCreate1>(kernel, 0), &event, 1, -1),
      SyscallFailsWith(EINTR));
}

TEST_F(DriverSignalTest, ACallWithATimeoutIsNotRestarted) {
  Handle(SIGUSR1, SA_RESTART);
  const int listener = Listen();
  kernel.PeerConnect(kPort);
  const int fd = Accept(listener, 0);
  const timeval timeout = {.tv_sec = 5, .tv_usec = 0};
  Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  on_block = [&] { kernel.RaiseSignal(SIGUSR1); };
  char byte;
  EXPECT_THAT(Invoke<Call::kRecv>(kernel, fd, &byte, 1, 0), SyscallFailsWith(EINTR));
}

TEST_F(DriverSignalTest, WithoutAHandlerTheCallSleepsOn) {
  bool interrupted = false;
  on_block = [&] {
    if (blocks.size() == 1) {
      EXPECT_EQ(kernel.RaiseSignal(SIGTERM), SimulatedKernel::Disposition::kDefault);
    } else {
      interrupted = true;
      kernel.WakeBlockedCall();
    }
  };
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, nullptr, 0, -1), SyscallFailsWith(EINTR));
  EXPECT_TRUE(interrupted);
}

TEST_F(DriverSignalTest, AnInterruptionNeedsAHandlerThatLetsItHappen) {
  const int listener = Listen();
  const int fd = Accept((kernel.PeerConnect(kPort), listener));
  Invoke<Call::kFcntl>(kernel, fd, F_SETFL, 0);
  on_block = [&] {
    kernel.InterruptBlockedCall();
    if (blocks.size() % 2 == 0) kernel.WakeBlockedCall();
  };
  const auto sleeps = [&](int64_t result) {
    const size_t count = blocks.size();
    blocks.clear();
    EXPECT_EQ(result, -1);
    return count;
  };
  char byte;
  EXPECT_EQ(sleeps(Invoke<Call::kPoll>(kernel, nullptr, 0, -1)), 2u);
  EXPECT_EQ(sleeps(Invoke<Call::kRecv>(kernel, fd, &byte, 1, 0)), 2u);
  Handle(SIGUSR1, SA_RESTART);
  EXPECT_EQ(sleeps(Invoke<Call::kPoll>(kernel, nullptr, 0, -1)), 1u);
  EXPECT_EQ(sleeps(Invoke<Call::kRecv>(kernel, fd, &byte, 1, 0)), 2u);
  Handle(SIGUSR2, 0);
  EXPECT_EQ(sleeps(Invoke<Call::kRecv>(kernel, fd, &byte, 1, 0)), 1u);
}

TEST_F(DriverSignalTest, InterruptingWhenNothingSleepsDoesNothing) {
  kernel.InterruptBlockedCall();
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, nullptr, 0, 0), SyscallSucceedsWithValue(0));
  on_block = [&] { kernel.AdvanceTo(kernel.now_ns() + kSecond); };
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, nullptr, 0, 100), SyscallSucceedsWithValue(0));
}

TEST_F(DriverSignalTest, SigpipeIsFatalOnlyByDefault) {
  const int listener = Listen();
  const int fd = Accept((kernel.PeerConnect(kPort), listener));
  Invoke<Call::kShutdown>(kernel, fd, SHUT_WR);
  EXPECT_THAT(Invoke<Call::kSend>(kernel, fd, "x", 1, MSG_NOSIGNAL), SyscallFailsWith(EPIPE));
  EXPECT_EQ(kernel.fatal_sigpipes(), 0);
  EXPECT_THAT(Invoke<Call::kSend>(kernel, fd, "x", 1, 0), SyscallFailsWith(EPIPE));
  EXPECT_EQ(kernel.fatal_sigpipes(), 1);
  Handle(SIGPIPE, 0);
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, fd, "x", 1), SyscallFailsWith(EPIPE));
  EXPECT_EQ(kernel.fatal_sigpipes(), 1);
  EXPECT_EQ(handler_runs, 1);
}

TEST_F(DriverSignalTest, AHandlerMayCloseWhatTheCallSleepsOn) {
  static SimulatedKernel* the_kernel;
  static int the_fd;
  the_kernel = &kernel;
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  the_fd = Accept(listener, 0);
  struct sigaction action = {};
  action.sa_handler = [](int) { Invoke<Call::kClose>(*the_kernel, the_fd); };
  action.sa_flags = SA_RESTART;
  Invoke<Call::kSigaction>(kernel, SIGUSR1, &action, nullptr);
  on_block = [&] { kernel.RaiseSignal(SIGUSR1); };
  char byte;
  EXPECT_THAT(Invoke<Call::kRecv>(kernel, the_fd, &byte, 1, 0), SyscallFailsWith(EBADF));
  EXPECT_TRUE(kernel.Status(peer).end_of_input);
}

TEST_F(ServerFixture, WithoutADriverSleepingForEverFails) {
  const int listener = Listen();
  kernel.PeerConnect(kPort);
  const int fd = Accept(listener, 0);
  char byte;
  EXPECT_THAT(Invoke<Call::kRecv>(kernel, fd, &byte, 1, 0), SyscallFailsWith(EDEADLK));
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, nullptr, 0, -1), SyscallFailsWith(EDEADLK));
}

TEST_F(ServerFixture, WithoutADriverTheClockRunsToTheDeadline) {
  const int64_t start = kernel.now_ns();
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, nullptr, 0, 3000), SyscallSucceedsWithValue(0));
  EXPECT_EQ(kernel.now_ns(), start + 3 * kSecond);
}

}  // namespace
}  // namespace hupstorm
