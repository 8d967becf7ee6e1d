// timerfd(2) and the clock.

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class TimerfdTest : public KernelTest {
 protected:
  Fd NewTimer(int flags = TFD_NONBLOCK) {
    Fd fd(kernel, Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, flags));
    EXPECT_THAT(int{fd}, SyscallSucceeds());
    return fd;
  }
  uint64_t Expirations(int fd) {
    uint64_t count = 0;
    EXPECT_THAT(Invoke<Call::kRead>(kernel, fd, &count, sizeof count), SyscallSucceedsWithValue(8));
    return count;
  }
  ssize_t TryRead(int fd) {
    uint64_t count;
    return Invoke<Call::kRead>(kernel, fd, &count, sizeof count);
  }
  itimerspec Remaining(int fd) {
    itimerspec value = {};
    EXPECT_THAT(Invoke<Call::kTimerfdGettime>(kernel, fd, &value), SyscallSucceeds());
    return value;
  }
  static constexpr int64_t kHour = 3600'000 * kMillisecond;
};
INSTANTIATE_ON_BOTH_KERNELS(TimerfdTest);

TEST_P(TimerfdTest, ANewTimerIsNotReady) {
  const Fd fd = NewTimer();
  EXPECT_EQ(Ready(fd), kNothing);
  EXPECT_THAT(TryRead(fd), SyscallFailsWith(EAGAIN));
  const itimerspec value = Remaining(fd);
  EXPECT_EQ(value.it_value.tv_sec, 0);
  EXPECT_EQ(value.it_value.tv_nsec, 0);
}

TEST_P(TimerfdTest, ExpiresOnceAfterItsTime) {
  const Fd fd = NewTimer();
  const int64_t start = NowNs();
  SetTimer(fd, 10 * kMillisecond);
  Await(fd, kIn);
  EXPECT_GE(NowNs() - start, 10 * kMillisecond);
  EXPECT_EQ(Ready(fd), kIn);
  EXPECT_EQ(Expirations(fd), 1u);
  EXPECT_EQ(Ready(fd), kNothing);
  EXPECT_THAT(TryRead(fd), SyscallFailsWith(EAGAIN));
}

TEST_P(TimerfdTest, DoesNotExpireBeforeItsTime) {
  const Fd fd = NewTimer();
  SetTimer(fd, kHour);
  EXPECT_EQ(Ready(fd), kNothing);
  const itimerspec value = Remaining(fd);
  EXPECT_GE(value.it_value.tv_sec, 3500);
  EXPECT_LE(value.it_value.tv_sec, 3600);
  EXPECT_EQ(value.it_interval.tv_sec, 0);
}

TEST_P(TimerfdTest, AnIntervalExpiresAgainAndAgain) {
  const Fd fd = NewTimer();
  SetTimer(fd, kMillisecond, kMillisecond);
  for (int i = 0; i < 3; ++i) {
    Await(fd, kIn);
    EXPECT_GE(Expirations(fd), 1u);
  }
}

TEST_P(TimerfdTest, ExpirationsAddUpUntilRead) {
  const Fd fd = NewTimer();
  SetTimer(fd, kMillisecond, kMillisecond);
  Invoke<Call::kPoll>(kernel, nullptr, 0, 20);
  EXPECT_GE(Expirations(fd), 19u);
}

TEST_P(TimerfdTest, ReadOnABlockingTimerWaits) {
  const Fd fd = NewTimer(0);
  const int64_t start = NowNs();
  SetTimer(fd, 5 * kMillisecond);
  EXPECT_EQ(Expirations(fd), 1u);
  EXPECT_GE(NowNs() - start, 5 * kMillisecond);
}

TEST_P(TimerfdTest, ZeroDisarms) {
  const Fd fd = NewTimer();
  SetTimer(fd, kMillisecond);
  Await(fd, kIn);
  SetTimer(fd, 0);
  EXPECT_EQ(Ready(fd), kNothing);
  EXPECT_THAT(TryRead(fd), SyscallFailsWith(EAGAIN));
}

TEST_P(TimerfdTest, SettingAgainForgetsExpirations) {
  const Fd fd = NewTimer();
  SetTimer(fd, kMillisecond);
  Await(fd, kIn);
  SetTimer(fd, kHour);
  EXPECT_EQ(Ready(fd), kNothing);
}

TEST_P(TimerfdTest, SettingReportsTheFormerValue) {
  const Fd fd = NewTimer();
  SetTimer(fd, kHour, 2 * kHour);
  const itimerspec off = {};
  itimerspec former = {};
  EXPECT_THAT(Invoke<Call::kTimerfdSettime>(kernel, fd, 0, &off, &former), SyscallSucceeds());
  EXPECT_EQ(former.it_interval.tv_sec, 7200);
  EXPECT_GE(former.it_value.tv_sec, 3500);
  EXPECT_LE(former.it_value.tv_sec, 3600);
}

TEST_P(TimerfdTest, AnAbsoluteTimeInThePastExpiresAtOnce) {
  const Fd fd = NewTimer();
  const itimerspec value = {.it_interval = {}, .it_value = {0, 1}};
  EXPECT_THAT(Invoke<Call::kTimerfdSettime>(kernel, fd, TFD_TIMER_ABSTIME, &value, nullptr),
              SyscallSucceeds());
  Await(fd, kIn);
  EXPECT_EQ(Expirations(fd), 1u);
}

TEST_P(TimerfdTest, AnAbsoluteTimeIsOnTheClock) {
  const Fd fd = NewTimer();
  const int64_t due = NowNs() + 10 * kMillisecond;
  const itimerspec value = {.it_interval = {},
                            .it_value = {due / 1'000'000'000, due % 1'000'000'000}};
  EXPECT_THAT(Invoke<Call::kTimerfdSettime>(kernel, fd, TFD_TIMER_ABSTIME, &value, nullptr),
              SyscallSucceeds());
  Await(fd, kIn);
  EXPECT_GE(NowNs(), due);
}

TEST_P(TimerfdTest, RefusesBadArguments) {
  EXPECT_THAT(Invoke<Call::kTimerfdCreate>(kernel, 99, 0), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, 1), SyscallFailsWith(EINVAL));
  const Fd fd = NewTimer();
  itimerspec value = {};
  EXPECT_THAT(Invoke<Call::kTimerfdSettime>(kernel, fd, 0x100, &value, nullptr),
              SyscallFailsWith(EINVAL));
  value.it_value.tv_nsec = 1'000'000'000;
  EXPECT_THAT(Invoke<Call::kTimerfdSettime>(kernel, fd, 0, &value, nullptr),
              SyscallFailsWith(EINVAL));
  uint32_t half;
  EXPECT_THAT(Invoke<Call::kRead>(kernel, fd, &half, sizeof half), SyscallFailsWith(EINVAL));
}

TEST_P(TimerfdTest, OtherDescriptorsAreNoTimers) {
  Fd fd = TcpSocket();
  itimerspec value = {};
  EXPECT_THAT(Invoke<Call::kTimerfdSettime>(kernel, fd, 0, &value, nullptr),
              SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kTimerfdGettime>(kernel, fd, &value), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kTimerfdGettime>(kernel, fd.Close(), &value), SyscallFailsWith(EBADF));
}

TEST_P(TimerfdTest, CannotBeWritten) {
  const Fd fd = NewTimer();
  const uint64_t value = 1;
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, fd, &value, sizeof value), SyscallFailsWith(EINVAL));
}

TEST_P(TimerfdTest, EpollReportsItUntilRead) {
  const Fd fd = NewTimer();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, fd, kIn);
  SetTimer(fd, kMillisecond);
  EXPECT_THAT(AwaitEvents(epoll), testing::ElementsAre(Event{fd, kIn}));
  EXPECT_THAT(EpollNow(epoll), testing::ElementsAre(Event{fd, kIn}));
  Expirations(fd);
  EXPECT_THAT(EpollNow(epoll), testing::IsEmpty());
}

TEST_P(TimerfdTest, EachExpirationIsNewsForEdgeTriggeredEpoll) {
  const Fd fd = NewTimer();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, fd, kIn | kEdge);
  SetTimer(fd, kMillisecond, kMillisecond);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(AwaitEvents(epoll), testing::ElementsAre(Event{fd, kIn}));
    Expirations(fd);
  }
}

TEST_P(TimerfdTest, TheEarlierOfTwoTimersComesFirst) {
  const Fd late = NewTimer();
  const Fd early = NewTimer();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, late, kIn);
  EpollAdd(epoll, early, kIn);
  SetTimer(late, kHour);
  SetTimer(early, kMillisecond);
  EXPECT_THAT(AwaitEvents(epoll), testing::ElementsAre(Event{early, kIn}));
}

TEST_P(TimerfdTest, NanosleepTakesItsTime) {
  const int64_t start = NowNs();
  const timespec request = {0, 5 * kMillisecond};
  EXPECT_THAT(Invoke<Call::kNanosleep>(kernel, &request, nullptr), SyscallSucceeds());
  EXPECT_GE(NowNs() - start, 5 * kMillisecond);
}

TEST_P(TimerfdTest, NanosleepRefusesABadTime) {
  const timespec request = {0, 1'000'000'000};
  EXPECT_THAT(Invoke<Call::kNanosleep>(kernel, &request, nullptr), SyscallFailsWith(EINVAL));
}

TEST_P(TimerfdTest, ClocksThatAreNotThereFailWithEinval) {
  timespec now;
  EXPECT_THAT(Invoke<Call::kClockGettime>(kernel, CLOCK_REALTIME, &now), SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kClockGettime>(kernel, 99, &now), SyscallFailsWith(EINVAL));
}

}  // namespace
}  // namespace hupstorm
