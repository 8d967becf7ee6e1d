// select(2). Descriptors from FD_SETSIZE up cannot be watched.

#include <sys/select.h>

#include <algorithm>
#include <cerrno>

#include "target/reference/multiplexer.h"
#include "target/reference/posix_error.h"

namespace hupstorm {
namespace {

class SelectMultiplexer final : public Multiplexer {
 public:
  SelectMultiplexer() {
    FD_ZERO(&read_);
    FD_ZERO(&write_);
  }

  bool Add(int fd, Interest interest) override {
    if (fd >= FD_SETSIZE) return false;  // FD_SET would write beyond the set
    return Modify(fd, interest);
  }

  bool Modify(int fd, Interest interest) override {
    // Here too, not only in Add: while nothing was looked for on `fd`, the range may have shrunk.
    first_ = std::min(first_, fd);
    end_ = std::max(end_, fd + 1);
    Put(fd, interest.read, &read_);
    Put(fd, interest.write, &write_);
    return true;
  }

  void Remove(int fd) override {
    Modify(fd, Interest{});
    while (end_ > first_ && !FD_ISSET(end_ - 1, &read_) && !FD_ISSET(end_ - 1, &write_)) --end_;
  }

  void Wait(int timeout_ms, ReadySink& sink) override {
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

 private:
  static void Put(int fd, bool wanted, fd_set* set) {
    if (wanted) {
      FD_SET(fd, set);
    } else {
      FD_CLR(fd, set);
    }
  }

  fd_set read_;
  fd_set write_;
  // The watched numbers lie in [first_, end_).
  int first_ = FD_SETSIZE;
  int end_ = 0;
};

}  // namespace

std::unique_ptr<Multiplexer> MakeSelectMultiplexer() {
  return std::make_unique<SelectMultiplexer>();
}

}  // namespace hupstorm
