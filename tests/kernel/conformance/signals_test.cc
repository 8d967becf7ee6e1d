// Signals: SIGPIPE, and signals that arrive while a call sleeps. Where a test needs one to arrive
// during a call, signals come again and again until one does.

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

using std::chrono::milliseconds;

// What the handlers below act on: a handler gets no arguments of its own.
Syscalls* g_kernel = nullptr;
int g_fd = -1;

class SignalsTest : public KernelTest {
 protected:
  // Long enough that only a signal can end the call in time.
  static constexpr int kForeverMs = 600'000;

  // The handler of SIGUSR1 writes a byte to `fd`, once.
  void WriteOnSignal(int fd, int flags) {
    g_kernel = &kernel;
    g_fd = fd;
    Handle(
        SIGUSR1,
        [](int) {
          if (g_fd >= 0) Invoke<Call::kWrite>(*g_kernel, g_fd, "s", 1);
          g_fd = -1;
        },
        flags);
  }
};
INSTANTIATE_ON_BOTH_KERNELS(SignalsTest);

TEST_P(SignalsTest, AHandlerRuns) {
  CountSignals(SIGUSR1);
  under_test().Raise(SIGUSR1);
  EXPECT_EQ(signals_seen(), 1);
}

TEST_P(SignalsTest, SigactionReportsTheFormerHandler) {
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  struct sigaction former = {};
  Handle(SIGUSR2, SIG_IGN);
  EXPECT_THAT(Invoke<Call::kSigaction>(kernel, SIGUSR2, &action, &former), SyscallSucceeds());
  EXPECT_EQ(former.sa_handler, SIG_IGN);
  EXPECT_THAT(Invoke<Call::kSigaction>(kernel, SIGUSR2, nullptr, &former), SyscallSucceeds());
  EXPECT_EQ(former.sa_handler, action.sa_handler);
  EXPECT_EQ(former.sa_flags & SA_RESTART, SA_RESTART);
}

// PHP sets it so for the signal that it sends itself at its end.
TEST_P(SignalsTest, TheDefaultIsTheDefaultWhateverItsFlags) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  action.sa_flags = SA_SIGINFO;
  EXPECT_THAT(Invoke<Call::kSigaction>(kernel, SIGURG, &action, nullptr), SyscallSucceeds());
  under_test().Raise(SIGURG);  // which is ignored by default
}

TEST_P(SignalsTest, SigkillCannotBeHandled) {
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  EXPECT_THAT(Invoke<Call::kSigaction>(kernel, SIGKILL, &action, nullptr),
              SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kSigaction>(kernel, SIGSTOP, &action, nullptr),
              SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kSigaction>(kernel, 0, &action, nullptr), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kSigaction>(kernel, 65, &action, nullptr), SyscallFailsWith(EINVAL));
}

TEST_P(SignalsTest, ResethandRunsTheHandlerOnce) {
  CountSignals(SIGURG, SA_RESETHAND);
  under_test().Raise(SIGURG);
  under_test().Raise(SIGURG);  // ignored by default
  EXPECT_EQ(signals_seen(), 1);
}

TEST_P(SignalsTest, AnIgnoredSigpipeLeavesEpipe) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  EXPECT_THAT(TrySend(pair.client, 0), SyscallFailsWith(EPIPE));
}

TEST_P(SignalsTest, SendAfterOwnShutdownRaisesSigpipe) {
  CountSignals(SIGPIPE);
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  EXPECT_THAT(TrySend(pair.client, 0), SyscallFailsWith(EPIPE));
  EXPECT_EQ(signals_seen(), 1);
  EXPECT_THAT(TrySend(pair.client, MSG_NOSIGNAL), SyscallFailsWith(EPIPE));
  EXPECT_EQ(signals_seen(), 1);
}

TEST_P(SignalsTest, EpollWaitIsInterrupted) {
  CountSignals(SIGUSR1);
  const Fd epoll = NewEpoll();
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  epoll_event event;
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &event, 1, kForeverMs),
              SyscallFailsWith(EINTR));
  EXPECT_GE(signals_seen(), 1);
}

TEST_P(SignalsTest, EpollWaitIsNotRestarted) {
  CountSignals(SIGUSR1, SA_RESTART);
  const Fd epoll = NewEpoll();
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  epoll_event event;
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &event, 1, -1), SyscallFailsWith(EINTR));
}

TEST_P(SignalsTest, PollIsInterruptedAndNotRestarted) {
  CountSignals(SIGUSR1, SA_RESTART);
  const Pair pair = ConnectedPair();
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  pollfd entry = {pair.server, POLLIN, 0};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, kForeverMs), SyscallFailsWith(EINTR));
}

TEST_P(SignalsTest, SelectIsInterruptedAndNotRestarted) {
  CountSignals(SIGUSR1, SA_RESTART);
  const Pair pair = ConnectedPair();
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(pair.server, &readable);
  EXPECT_THAT(Invoke<Call::kSelect>(kernel, FD_SETSIZE, &readable, nullptr, nullptr, nullptr),
              SyscallFailsWith(EINTR));
  EXPECT_TRUE(FD_ISSET(pair.server, &readable));
}

TEST_P(SignalsTest, NanosleepIsInterruptedAndSaysWhatRemains) {
  CountSignals(SIGUSR1, SA_RESTART);
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  const timespec request = {600, 0};
  timespec remaining = {};
  EXPECT_THAT(Invoke<Call::kNanosleep>(kernel, &request, &remaining), SyscallFailsWith(EINTR));
  EXPECT_GT(remaining.tv_sec, 500);
  EXPECT_LT(remaining.tv_sec, 600);
}

TEST_P(SignalsTest, RecvIsInterrupted) {
  CountSignals(SIGUSR1);
  const Pair pair = ConnectedPair();
  SetNonBlocking(pair.server, false);
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(EINTR));
}

TEST_P(SignalsTest, RecvIsRestartedWhereTheHandlerAsksForIt) {
  const Pair pair = ConnectedPair();
  SetNonBlocking(pair.server, false);
  WriteOnSignal(pair.client, SA_RESTART);
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  EXPECT_EQ(Recv(pair.server), "s");
}

TEST_P(SignalsTest, ATimedRecvIsNotRestarted) {
  CountSignals(SIGUSR1, SA_RESTART);
  const Pair pair = ConnectedPair();
  SetNonBlocking(pair.server, false);
  const timeval timeout = {600, 0};
  Invoke<Call::kSetsockopt>(kernel, pair.server, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(EINTR));
}

TEST_P(SignalsTest, AcceptIsInterrupted) {
  CountSignals(SIGUSR1);
  const Listener listener = Listen();
  SetNonBlocking(listener.fd, false);
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  EXPECT_THAT(Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, 0),
              SyscallFailsWith(EINTR));
}

TEST_P(SignalsTest, ConnectIsInterruptedAndGoesOn) {
  CountSignals(SIGUSR1);
  const Listener listener = Listen(/*backlog=*/0);
  const Fd first = Connect(listener);
  const Fd fd = TcpSocket();
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  EXPECT_THAT(Connect(fd, listener.address), SyscallFailsWith(EINTR));
  under_test().StopRaising();
  SetNonBlocking(fd);
  EXPECT_THAT(Connect(fd, listener.address), SyscallFailsWith(EALREADY));
  const Fd server = Accept(listener);
  Await(fd, kOut);
  EXPECT_THAT(Connect(fd, listener.address), SyscallSucceeds());
}

TEST_P(SignalsTest, ASendThatMovedBytesIsCutShort) {
  CountSignals(SIGUSR1);
  const Pair pair = ConnectedPair({.client_send = kSmall, .server_receive = kSmall});
  SetNonBlocking(pair.client, false);
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  const std::string bytes(4 << 20, 'x');
  const ssize_t sent = Invoke<Call::kSend>(kernel, pair.client, bytes.data(), bytes.size(), 0);
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, static_cast<ssize_t>(bytes.size()));
}

TEST_P(SignalsTest, ASendThatMovedNothingIsInterrupted) {
  CountSignals(SIGUSR1);
  const Pair pair = ConnectedPair({.client_send = kSmall, .server_receive = kSmall});
  Fill(pair.client);
  SetNonBlocking(pair.client, false);
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  EXPECT_THAT(TrySend(pair.client), SyscallFailsWith(EINTR));
}

TEST_P(SignalsTest, AByteThatTheHandlerWritesIsSeenByTheNextWait) {
  const Pipe pipe = NewPipe();
  WriteOnSignal(pipe.write, SA_RESTART);
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pipe.read, kIn);
  under_test().Raise(SIGUSR1);
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{pipe.read, kIn}));
}

TEST_P(SignalsTest, AWaitIsInterruptedEvenIfTheHandlerMakesSomethingReady) {
  const Pipe pipe = NewPipe();
  WriteOnSignal(pipe.write, SA_RESTART);
  const Fd epoll = NewEpoll();
  under_test().RaiseEvery(milliseconds(20), SIGUSR1);
  EpollAdd(epoll, pipe.read, kIn);
  epoll_event event;
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &event, 1, kForeverMs),
              SyscallFailsWith(EINTR));
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{pipe.read, kIn}));
}

TEST_P(SignalsTest, AnIgnoredSignalInterruptsNothing) {
  Handle(SIGUSR1, SIG_IGN);
  const Fd epoll = NewEpoll();
  under_test().RaiseEvery(milliseconds(1), SIGUSR1);
  epoll_event event;
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &event, 1, 10), SyscallSucceedsWithValue(0));
}

TEST_P(SignalsTest, APipeReadIsInterrupted) {
  CountSignals(SIGUSR1);
  const Pipe pipe = NewPipe(0);
  under_test().RaiseEvery(milliseconds(2), SIGUSR1);
  char byte;
  EXPECT_THAT(Invoke<Call::kRead>(kernel, pipe.read, &byte, 1), SyscallFailsWith(EINTR));
}

}  // namespace
}  // namespace hupstorm
