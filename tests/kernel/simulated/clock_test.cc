#include <netinet/tcp.h>
#include <sys/timerfd.h>

#include "tests/kernel/simulated/server_fixture.h"

namespace hupstorm {
namespace {

class ClockTest : public ServerFixture {
 protected:
  int Timer(int64_t first_ns, int64_t interval_ns) {
    const int fd = Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, TFD_NONBLOCK);
    const itimerspec value = {
        .it_interval = {.tv_sec = interval_ns / kSecond, .tv_nsec = interval_ns % kSecond},
        .it_value = {.tv_sec = first_ns / kSecond, .tv_nsec = first_ns % kSecond}};
    EXPECT_THAT(Invoke<Call::kTimerfdSettime>(kernel, fd, 0, &value, nullptr), SyscallSucceeds());
    return fd;
  }
  uint64_t Ticks(int fd) {
    uint64_t ticks = 0;
    return Invoke<Call::kRead>(kernel, fd, &ticks, sizeof ticks) < 0 ? 0 : ticks;
  }
};

TEST_F(ClockTest, StandsStillUntilItIsMoved) {
  timespec now;
  Invoke<Call::kClockGettime>(kernel, CLOCK_MONOTONIC, &now);
  EXPECT_EQ(now.tv_sec, 1);
  Listen();
  kernel.AdvanceTo(5'500'000'000);
  Invoke<Call::kClockGettime>(kernel, CLOCK_REALTIME, &now);
  EXPECT_EQ(now.tv_sec, 5);
  EXPECT_EQ(now.tv_nsec, 500'000'000);
}

TEST_F(ClockTest, DoesNotRunBackwards) {
  kernel.AdvanceTo(5 * kSecond);
  kernel.AdvanceTo(2 * kSecond);
  EXPECT_EQ(kernel.now_ns(), 5 * kSecond);
}

TEST_F(ClockTest, TimersFireInTheOrderInWhichTheyAreDue) {
  const int late = Timer(3 * kSecond, 0);
  const int early = Timer(2 * kSecond, 0);
  const int epoll = Invoke<Call::kEpollCreate1>(kernel, 0);
  for (const int fd : {late, early}) {
    epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_ADD, fd, &event);
  }
  EXPECT_EQ(kernel.NextTimerNs(), kernel.now_ns() + 2 * kSecond);
  kernel.AdvanceTo(kernel.now_ns() + 10 * kSecond);
  epoll_event events[2];
  ASSERT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, events, 2, 0), SyscallSucceedsWithValue(2));
  EXPECT_EQ(events[0].data.fd, early);
  EXPECT_EQ(events[1].data.fd, late);
  EXPECT_EQ(kernel.NextTimerNs(), -1);
}

TEST_F(ClockTest, AnIntervalCountsWhatWasMissedAndRunsOnOnceRead) {
  const int64_t start = kernel.now_ns();
  const int fd = Timer(kSecond, 1);
  kernel.AdvanceTo(start + 2 * kSecond);  // a billion expiries cost nothing
  EXPECT_EQ(kernel.NextTimerNs(), -1);
  EXPECT_EQ(Ticks(fd), 1'000'000'001u);
  EXPECT_EQ(kernel.NextTimerNs(), start + 2 * kSecond + 1);
}

TEST_F(ClockTest, ManyTimersKeepTheirOrder) {
  // Armed in a scrambled order, disarmed in part: the heap must stay one.
  constexpr int kCount = 97;
  std::vector<int> fds(kCount);
  for (int i = 0; i < kCount; ++i) fds[i] = Timer((i * 31 % kCount + 1) * kSecond, 0);
  for (int i = 0; i < kCount; i += 3) Invoke<Call::kClose>(kernel, fds[i]);
  int64_t former = 0;
  int fired = 0;
  while (kernel.NextTimerNs() >= 0) {
    EXPECT_GT(kernel.NextTimerNs(), former);
    former = kernel.NextTimerNs();
    kernel.AdvanceTo(former);
    ++fired;
  }
  EXPECT_EQ(fired, kCount - (kCount + 2) / 3);
}

TEST_F(ClockTest, TimeWaitEndsAfterAMinuteAndFreesThePort) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  const int fd = Accept(listener);
  Invoke<Call::kClose>(kernel, fd);  // the server closes first: the port rests with it
  kernel.PeerClose(peer);
  Invoke<Call::kClose>(kernel, listener);
  EXPECT_EQ(kernel.ServerSide(peer).state, TcpState::kTimeWait);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  const int next = Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM, 0);
  const auto* where = reinterpret_cast<sockaddr*>(&address);
  EXPECT_THAT(Invoke<Call::kBind>(kernel, next, where, sizeof address),
              SyscallFailsWith(EADDRINUSE));
  kernel.AdvanceTo(kernel.now_ns() + 60 * kSecond);
  EXPECT_EQ(kernel.ServerSide(peer).state, TcpState::kClosed);
  EXPECT_THAT(Invoke<Call::kBind>(kernel, next, where, sizeof address), SyscallSucceeds());
}

TEST_F(ClockTest, FinWait2WithoutOwnerEndsAfterAMinute) {
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  Invoke<Call::kClose>(kernel, Accept(listener));
  EXPECT_EQ(kernel.ServerSide(peer).state, TcpState::kFinWait2);
  kernel.AdvanceTo(kernel.now_ns() + 60 * kSecond);
  EXPECT_EQ(kernel.ServerSide(peer).state, TcpState::kClosed);
  EXPECT_EQ(kernel.Status(peer).state, TcpState::kCloseWait);
  PeerSend(peer, "x");
  EXPECT_TRUE(kernel.Status(peer).was_reset);
}

TEST_F(ClockTest, Linger2SaysHowLongEachFinWait2Lasts) {
  const int listener = Listen();
  PeerId peers[3];
  const int seconds[] = {120, 5, 30};  // the last to end comes first
  for (int i = 0; i < 3; ++i) {
    peers[i] = kernel.PeerConnect(kPort);
    const int fd = Accept(listener);
    Invoke<Call::kSetsockopt>(kernel, fd, IPPROTO_TCP, TCP_LINGER2, &seconds[i], sizeof(int));
    Invoke<Call::kClose>(kernel, fd);
  }
  const auto state = [&](int i) { return kernel.ServerSide(peers[i]).state; };
  kernel.AdvanceTo(kernel.now_ns() + 5 * kSecond);
  EXPECT_EQ(state(1), TcpState::kClosed);
  EXPECT_EQ(state(2), TcpState::kFinWait2);
  kernel.AdvanceTo(kernel.now_ns() + 25 * kSecond);
  EXPECT_EQ(state(2), TcpState::kClosed);
  kernel.AdvanceTo(kernel.now_ns() + 89 * kSecond);
  EXPECT_EQ(state(0), TcpState::kFinWait2);
  kernel.AdvanceTo(kernel.now_ns() + kSecond);
  EXPECT_EQ(state(0), TcpState::kClosed);
}

TEST_F(ClockTest, ACorkHoldsAPartOfASegmentFor200Ms) {
  constexpr int64_t kMillisecond = kSecond / 1000;
  const int listener = Listen();
  const PeerId peer = kernel.PeerConnect(kPort);
  const int fd = Accept(listener);
  const int on = 1;
  Invoke<Call::kSetsockopt>(kernel, fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
  Send(fd, "ab");
  kernel.AdvanceTo(kernel.now_ns() + 150 * kMillisecond);
  Send(fd, "c");  // does not put it off
  EXPECT_EQ(PeerRead(peer), "");
  EXPECT_EQ(kernel.ServerSide(peer).unsent, 3u);
  kernel.AdvanceTo(kernel.now_ns() + 50 * kMillisecond);
  EXPECT_EQ(PeerRead(peer), "abc");
  EXPECT_EQ(kernel.NextTimerNs(), -1);
}

TEST_F(ClockTest, DeferAcceptHandsOutOnceTheFirstByteIsThere) {
  const int listener = Listen();
  const int seconds = 7;
  Invoke<Call::kSetsockopt>(kernel, listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds,
                            sizeof seconds);
  const PeerId peer = kernel.PeerConnect(kPort);
  const PeerId silent = kernel.PeerConnect(kPort);
  EXPECT_TRUE(kernel.Status(peer).connected);
  EXPECT_EQ(kernel.ServerSide(peer).state, TcpState::kSynRecv);
  EXPECT_EQ(kernel.accept_queue_length(), 0u);
  PeerSend(peer, "x");
  EXPECT_EQ(kernel.PeerOf(Accept(listener)), peer);
  kernel.AdvanceTo(kernel.now_ns() + 7 * kSecond);
  EXPECT_EQ(kernel.PeerOf(Accept(listener)), silent);
}

}  // namespace
}  // namespace hupstorm
