// signalfd4(2). The mask is the thread's own, on both kernels.

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

uint64_t SetOf(std::initializer_list<int> signals) {
  uint64_t set = 0;
  for (const int signal : signals) set |= uint64_t{1} << (signal - 1);
  return set;
}

class SignalfdTest : public KernelTest {
 protected:
  SignalfdTest() { pthread_sigmask(SIG_BLOCK, nullptr, &former_); }
  ~SignalfdTest() override {
    // What is still pending must not end this process.
    const timespec at_once = {};
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR1);
    sigaddset(&ours, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &ours, nullptr);
    while (sigtimedwait(&ours, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &former_, nullptr);
  }

  static void Block(int signal) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }
  int Signalfd(int fd, uint64_t set, int flags = SFD_NONBLOCK) {
    return Invoke<Call::kSignalfd4>(kernel, fd, &set, sizeof set, flags);
  }
  Fd NewSignalfd(uint64_t set) { return Fd(kernel, Signalfd(-1, set)); }
  // The numbers of the signals that a read for `most` of them gives.
  std::vector<int> Signals(int fd, size_t most) {
    std::vector<signalfd_siginfo> infos(most);
    const ssize_t got =
        Invoke<Call::kRead>(kernel, fd, infos.data(), most * sizeof(signalfd_siginfo));
    std::vector<int> numbers;
    for (size_t i = 0; got > 0 && i < static_cast<size_t>(got) / sizeof(signalfd_siginfo); ++i) {
      numbers.push_back(static_cast<int>(infos[i].ssi_signo));
    }
    return numbers;
  }

 private:
  sigset_t former_;
};
INSTANTIATE_ON_BOTH_KERNELS(SignalfdTest);

TEST_P(SignalfdTest, ASignalThatIsBlockedIsReadFromIt) {
  CountSignals(SIGUSR1);
  Block(SIGUSR1);
  const Fd fd = NewSignalfd(SetOf({SIGUSR1}));
  EXPECT_EQ(Ready(fd), kNothing);
  under_test().Raise(SIGUSR1);
  under_test().Raise(SIGUSR1);
  EXPECT_EQ(Ready(fd), kIn);
  EXPECT_THAT(Signals(fd, 3), testing::ElementsAre(SIGUSR1)) << "once, however often it was raised";
  EXPECT_EQ(Ready(fd), kNothing);
  EXPECT_EQ(signals_seen(), 0);
}

TEST_P(SignalfdTest, ASignalThatIsNotBlockedGoesToItsHandler) {
  CountSignals(SIGUSR1);
  const Fd fd = NewSignalfd(SetOf({SIGUSR1}));
  under_test().Raise(SIGUSR1);
  EXPECT_EQ(signals_seen(), 1);
  EXPECT_EQ(Ready(fd), kNothing);
}

TEST_P(SignalfdTest, SignalsComeInTheOrderOfTheirNumbers) {
  Block(SIGUSR1);
  Block(SIGUSR2);
  const Fd fd = NewSignalfd(SetOf({SIGUSR1, SIGUSR2}));
  under_test().Raise(SIGUSR2);
  under_test().Raise(SIGUSR1);
  EXPECT_THAT(Signals(fd, 1), testing::ElementsAre(SIGUSR1));
  EXPECT_THAT(Signals(fd, 2), testing::ElementsAre(SIGUSR2));
}

TEST_P(SignalfdTest, AnEdgeForEachSignal) {
  Block(SIGUSR1);
  const Fd fd = NewSignalfd(SetOf({SIGUSR1}));
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, fd, kIn | kEdge);
  under_test().Raise(SIGUSR1);
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{fd, kIn}));
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
  EXPECT_THAT(Signals(fd, 1), testing::ElementsAre(SIGUSR1));
  under_test().Raise(SIGUSR1);
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{fd, kIn}));
}

TEST_P(SignalfdTest, ItsMaskCanBeChanged) {
  Block(SIGUSR1);
  const Fd fd = NewSignalfd(SetOf({SIGUSR1}));
  under_test().Raise(SIGUSR1);
  EXPECT_THAT(Signalfd(fd, SetOf({SIGUSR2})), SyscallSucceedsWithValue(int{fd}));
  EXPECT_EQ(Ready(fd), kNothing);
  EXPECT_THAT(Signalfd(fd, SetOf({SIGUSR1})), SyscallSucceedsWithValue(int{fd}));
  EXPECT_EQ(Ready(fd), kIn);
  EXPECT_THAT(Signals(fd, 1), testing::ElementsAre(SIGUSR1));
}

TEST_P(SignalfdTest, FlagsAreTheDescriptors) {
  const Fd fd(kernel, Signalfd(-1, SetOf({SIGUSR1}), SFD_NONBLOCK | SFD_CLOEXEC));
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, fd, F_GETFL, 0),
              SyscallSucceedsWithValue(O_RDWR | O_NONBLOCK));
  EXPECT_THAT(Invoke<Call::kFcntl>(kernel, fd, F_GETFD, 0), SyscallSucceedsWithValue(FD_CLOEXEC));
}

TEST_P(SignalfdTest, WhatIsRefused) {
  const uint64_t set = SetOf({SIGUSR1});
  EXPECT_THAT(Signalfd(-1, set, 1), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Signalfd(1'000'000, set), SyscallFailsWith(EBADF));
  const Fd epoll = NewEpoll();
  EXPECT_THAT(Signalfd(epoll, set), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kSignalfd4>(kernel, -1, &set, 7, 0), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kSignalfd4>(kernel, -1, nullptr, 8, 0), SyscallFailsWith(EFAULT));
  const Fd fd = NewSignalfd(set);
  char bytes[sizeof(signalfd_siginfo)];
  EXPECT_THAT(Invoke<Call::kRead>(kernel, fd, bytes, sizeof bytes), SyscallFailsWith(EAGAIN));
  EXPECT_THAT(Invoke<Call::kRead>(kernel, fd, bytes, sizeof bytes - 1), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, fd, bytes, 8), SyscallFailsWith(EINVAL));
  int unread = 0;
  EXPECT_THAT(Invoke<Call::kIoctl>(kernel, fd, FIONREAD, &unread), SyscallFailsWith(ENOTTY));
}

}  // namespace
}  // namespace hupstorm
