#include "target/reference/epoll_multiplexer.h"

#include <cerrno>
#include <cstdint>

#include "target/reference/posix_error.h"

namespace hupstorm {

EpollMultiplexer::EpollMultiplexer(Trigger trigger)
    : trigger_(trigger), epoll_(Must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

bool EpollMultiplexer::Add(int fd, Interest interest) {
  return Control(EPOLL_CTL_ADD, fd, interest);
}

bool EpollMultiplexer::Modify(int fd, Interest interest) {
  return Control(EPOLL_CTL_MOD, fd, interest);
}

// Nothing to do: close takes the descriptor out of the epoll set, as no other descriptor refers to
// the same socket.
void EpollMultiplexer::Remove(int) {}

void EpollMultiplexer::Wait(int timeout_ms, ReadySink& sink) {
  const int count =
      epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
  if (count < 0) {
    if (errno == EINTR) return;
    ThrowErrno("epoll_wait");
  }
  constexpr uint32_t kBroken = EPOLLERR | EPOLLHUP;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<size_t>(i)];
    sink.OnReady(event.data.fd, (event.events & (EPOLLIN | kBroken)) != 0,
                 (event.events & (EPOLLOUT | kBroken)) != 0);
  }
}

// EPOLLRDHUP is not asked for: recv returns 0 in its turn, after the data that came before the end
// of input, while a level-triggered EPOLLRDHUP would be reported without end.
bool EpollMultiplexer::Control(int operation, int fd, Interest interest) {
  uint32_t events = 0;
  if (edge_triggered()) events |= EPOLLET;
  if (interest.read) events |= EPOLLIN;
  if (interest.write) events |= EPOLLOUT;
  // All 64 bits of the data are set, so that the call looks the same in every run.
  epoll_event event = {.events = events, .data = {.u64 = static_cast<uint64_t>(fd)}};
  if (epoll_ctl(epoll_.get(), operation, fd, &event) == 0) return true;
  if (errno == ENOMEM || errno == ENOSPC) return false;
  ThrowErrno("epoll_ctl");
}

}  // namespace hupstorm
