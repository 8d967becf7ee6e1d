#include <fcntl.h>
#include <sys/timerfd.h>

#include "tests/kernel/simulated/server_fixture.h"

namespace hupstorm {
namespace {

class ResetTest : public ServerFixture {
 protected:
  // Uses a bit of everything, leaves all of it open, and says what was seen.
  std::string UseEverything() {
    std::string seen;
    const auto note = [&seen](long value) { seen += std::to_string(value) + ' '; };
    const int listener = Listen(1);
    const int epoll = Invoke<Call::kEpollCreate1>(kernel, 0);
    epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.fd = listener}};
    Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_ADD, listener, &event);
    for (int i = 0; i < 4; ++i) kernel.PeerConnect(kPort, {.receive_buffer = 5000});
    int pipe[2];
    int pair[2];
    Invoke<Call::kPipe2>(kernel, pipe, O_NONBLOCK);
    Invoke<Call::kSocketpair>(kernel, AF_UNIX, SOCK_STREAM, 0, pair);
    Invoke<Call::kWrite>(kernel, pipe[1], "x", 1);
    note(Invoke<Call::kWrite>(kernel, pair[1], "x", 1));
    const itimerspec value = {.it_interval = {}, .it_value = {.tv_sec = 1, .tv_nsec = 0}};
    note(Invoke<Call::kTimerfdSettime>(
        kernel, Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, 0), 0, &value, nullptr));
    for (int i = 0; i < 3; ++i) {
      const int fd = Accept(listener);
      note(fd);
      note(PeerSend(i, std::string(100'000, 'x')));
      note(Send(fd, std::string(100'000, 'x')));
    }
    kernel.PeerVanish(0);
    kernel.PeerReset(1);
    kernel.PeerShutdownWrite(2);
    epoll_event events[8];
    note(Invoke<Call::kEpollWait>(kernel, epoll, events, 8, 0));
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    Invoke<Call::kSigaction>(kernel, SIGPIPE, &ignore, nullptr);
    kernel.set_server_send_buffer(4096);
    kernel.set_descriptor_limit(3);
    kernel.AdvanceTo(kernel.now_ns() + 10 * kSecond);
    note(kernel.NextTimerNs());
    for (PeerId peer = 0; peer < kernel.peer_count(); ++peer) {
      seen += TcpStateName(kernel.Status(peer).state);
      note(kernel.PeerPort(peer));
      note(static_cast<long>(kernel.Status(peer).unread));
    }
    for (const PeerId peer : kernel.TakeChangedPeers()) note(peer);
    return seen;
  }
};

TEST_F(ResetTest, LeavesNothingBehind) {
  UseEverything();
  kernel.Reset();
  EXPECT_EQ(kernel.open_descriptor_count(), 0);
  EXPECT_TRUE(kernel.OpenDescriptors().empty());
  EXPECT_EQ(kernel.peer_count(), 0);
  EXPECT_FALSE(kernel.HasChangedPeers());
  EXPECT_EQ(kernel.accept_queue_length(), 0u);
  EXPECT_EQ(kernel.now_ns(), kSecond);
  EXPECT_EQ(kernel.NextTimerNs(), -1);
  EXPECT_EQ(kernel.descriptor_limit(), 1 << 20);
  EXPECT_EQ(kernel.SignalDisposition(SIGPIPE), SimulatedKernel::Disposition::kDefault);
  const PeerId peer = kernel.PeerConnect(kPort);
  EXPECT_TRUE(kernel.Status(peer).refused);
}

TEST_F(ResetTest, TheSameRunGivesTheSameResults) {
  const std::string first = UseEverything();
  kernel.Reset();
  EXPECT_EQ(UseEverything(), first);
  EXPECT_FALSE(first.empty());
}

}  // namespace
}  // namespace hupstorm
