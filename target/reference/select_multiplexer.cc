#include "target/reference/select_multiplexer.h"

#include <algorithm>
#include <cerrno>

#include "target/reference/posix_error.h"

namespace hupstorm {

SelectMultiplexer::SelectMultiplexer() {
  FD_ZERO(&read_);
  FD_ZERO(&write_);
}

bool SelectMultiplexer::Add(int fd, Interest interest) {
  if (fd >= FD_SETSIZE) return false;  // FD_SET would write beyond the set
  return Modify(fd, interest);
}

bool SelectMultiplexer::Modify(int fd, Interest interest) {
  // Here too, not only in Add: while nothing was looked for on `fd`, the range may have shrunk.
  first_ = std::min(first_, fd);
  end_ = std::max(end_, fd + 1);
  if (interest.read) {
    FD_SET(fd, &read_);
  } else {
    FD_CLR(fd, &read_);
  }
  if (interest.write) {
    FD_SET(fd, &write_);
  } else {
    FD_CLR(fd, &write_);
  }
  return true;
}

void SelectMultiplexer::Remove(int fd) {
  Modify(fd, Interest{});
  while (end_ > first_ && !FD_ISSET(end_ - 1, &read_) && !FD_ISSET(end_ - 1, &write_)) --end_;
}

void SelectMultiplexer::Wait(int timeout_ms, ReadySink& sink) {
  fd_set readable = read_;
  fd_set writable = write_;
  timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000L};
  // No exceptional conditions: urgent data is the only one that a TCP socket has, and errors make
  // a socket both readable and writable.
  int left = select(end_, &readable, &writable, nullptr, timeout_ms < 0 ? nullptr : &timeout);
  if (left < 0) {
    if (errno == EINTR || errno == ENOMEM) return;
    ThrowErrno("select");
  }
  for (int fd = first_; left > 0 && fd < end_; ++fd) {
    const bool can_read = FD_ISSET(fd, &readable);
    const bool can_write = FD_ISSET(fd, &writable);
    if (!can_read && !can_write) continue;
    left -= can_read + can_write;
    sink.OnReady(fd, {.read = can_read, .write = can_write});
  }
}

}  // namespace hupstorm
