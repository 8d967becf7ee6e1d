// epoll(7), level- or edge-triggered.

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "target/reference/multiplexer.h"
#include "target/reference/posix_error.h"
#include "target/reference/unique_fd.h"

namespace hupstorm {
namespace {

class EpollMultiplexer final : public Multiplexer {
 public:
  explicit EpollMultiplexer(bool edge_triggered)
      : edge_triggered_(edge_triggered),
        epoll_(Must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

  bool Add(int fd, Interest interest) override { return Control(EPOLL_CTL_ADD, fd, interest); }
  bool Modify(int fd, Interest interest) override { return Control(EPOLL_CTL_MOD, fd, interest); }
  // Nothing to do: close takes the descriptor out of the epoll set, as no other descriptor refers
  // to the same socket.
  void Remove(int) override {}

  void Wait(int timeout_ms, ReadySink& sink) override {
    const int count =
        epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
    if (count < 0) {
      if (errno == EINTR) return;
      ThrowErrno("epoll_wait");
    }
    constexpr uint32_t kBroken = EPOLLERR | EPOLLHUP;
    constexpr uint32_t kBehindShortRead = EPOLLPRI | EPOLLRDHUP | kBroken;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events_[static_cast<size_t>(i)];
      sink.OnReady(event.data.fd, {.read = (event.events & (EPOLLIN | kBehindShortRead)) != 0,
                                   .write = (event.events & (EPOLLOUT | kBroken)) != 0,
                                   .behind_short_read =
                                       edge_triggered_ && (event.events & kBehindShortRead) != 0});
    }
  }

  bool edge_triggered() const override { return edge_triggered_; }

 private:
  // Level-triggered, EPOLLRDHUP and EPOLLPRI are not asked for: recv comes to the end of input and
  // to urgent data in its turn, while EPOLLRDHUP would be reported without end. Edge-triggered they
  // save the recv that finds nothing: without them, the end may stand behind any short read.
  bool Control(int operation, int fd, Interest interest) {
    uint32_t events = 0;
    if (edge_triggered_) events |= EPOLLET | EPOLLRDHUP | EPOLLPRI;
    if (interest.read) events |= EPOLLIN;
    if (interest.write) events |= EPOLLOUT;
    // All 64 bits of the data are set, so that the call looks the same in every run.
    epoll_event event = {.events = events, .data = {.u64 = static_cast<uint64_t>(fd)}};
    if (epoll_ctl(epoll_.get(), operation, fd, &event) == 0) return true;
    if (errno == ENOMEM || errno == ENOSPC) return false;
    ThrowErrno("epoll_ctl");
  }

  const bool edge_triggered_;
  UniqueFd epoll_;
  std::array<epoll_event, 128> events_;  // filled by the kernel
};

}  // namespace

std::unique_ptr<Multiplexer> MakeEpollMultiplexer(bool edge_triggered) {
  return std::make_unique<EpollMultiplexer>(edge_triggered);
}

}  // namespace hupstorm
