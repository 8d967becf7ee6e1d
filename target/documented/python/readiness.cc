#include "target/documented/python/readiness.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cmath>
#include <unordered_map>

#include "target/documented/python/errors.h"

namespace hupstorm::python {
namespace {

// PyObject_AsFileDescriptor.
int Valid(int fd) {
  if (fd < 0) {
    throw ValueError("file descriptor cannot be a negative integer (" + std::to_string(fd) + ")");
  }
  return fd;
}

// What is left of a wait that may be interrupted.
class Timeout {
 public:
  explicit Timeout(double seconds)
      : seconds_(seconds), deadline_(seconds > 0 ? MonotonicSeconds() + seconds : 0) {}

  // The wait was interrupted. False: its time is over.
  bool Resume() {
    if (seconds_ < 0) return true;
    if (seconds_ > 0) seconds_ = deadline_ - MonotonicSeconds();
    return seconds_ > 0;
  }

  int milliseconds() const {  // rounded up
    return seconds_ < 0 ? -1
                        : static_cast<int>(std::min(std::ceil(seconds_ * 1e3), double{INT_MAX}));
  }

  timeval* value() {
    if (seconds_ < 0) return nullptr;
    const double microseconds = std::ceil(seconds_ * 1e6);
    value_.tv_sec = static_cast<time_t>(microseconds / 1e6);
    value_.tv_usec =
        static_cast<suseconds_t>(microseconds - static_cast<double>(value_.tv_sec) * 1e6);
    return &value_;
  }

 private:
  double seconds_;  // negative: for ever
  double deadline_;
  timeval value_{};
};

// Waits by `call`, which takes what is left of the time. Returns the call's result, 0 in the end.
template <typename Call>
int WaitBy(double seconds, Call call) {
  Timeout timeout(seconds);
  int count = call(timeout);
  while (count < 0 && errno == EINTR) {
    if (!timeout.Resume()) return 0;
    count = call(timeout);
  }
  if (count < 0) throw OSError(errno);
  return count;
}

class DescriptorSet {
 public:
  // Modules/selectmodule.c, seq2set.
  explicit DescriptorSet(const std::vector<Socket>& sockets) : sockets_(sockets) {
    FD_ZERO(&set_);
    for (const Socket& socket : sockets) {
      const int fd = Valid(socket.fileno());
      if (fd >= FD_SETSIZE) throw ValueError("filedescriptor out of range in select()");
      FD_SET(fd, &set_);
      end_ = std::max(end_, fd + 1);
    }
  }

  int end() const { return end_; }
  // A copy, for select to leave in it what is ready; null for an empty set.
  fd_set* Copy() {
    ready_ = set_;
    return sockets_.empty() ? nullptr : &ready_;
  }
  std::vector<Socket> Ready() const {
    std::vector<Socket> ready;
    for (const Socket& socket : sockets_) {
      if (FD_ISSET(socket.fileno(), &ready_)) ready.push_back(socket);
    }
    return ready;
  }

 private:
  const std::vector<Socket>& sockets_;
  fd_set set_;
  fd_set ready_;
  int end_ = 0;
};

}  // namespace

double MonotonicSeconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Ready Select(const std::vector<Socket>& readable, const std::vector<Socket>& writable,
             const std::vector<Socket>& exceptional, double timeout_seconds) {
  DescriptorSet inputs(readable);
  DescriptorSet outputs(writable);
  DescriptorSet conditions(exceptional);
  const int end = std::max({inputs.end(), outputs.end(), conditions.end()});
  const int count = WaitBy(timeout_seconds, [&](Timeout& timeout) {
    return select(end, inputs.Copy(), outputs.Copy(), conditions.Copy(), timeout.value());
  });
  if (count == 0) return {};
  return {inputs.Ready(), outputs.Ready(), conditions.Ready()};
}

Ready SelectByPoll(const std::vector<Socket>& readable, const std::vector<Socket>& writable,
                   const std::vector<Socket>& exceptional, double timeout_seconds) {
  // fs/select.c: POLLIN_SET, POLLOUT_SET, POLLEX_SET.
  struct Role {
    const std::vector<Socket>* sockets;
    short asked;
    short meant;
  };
  const std::array<Role, 3> roles = {{{&readable, POLLIN, POLLIN | POLLHUP | POLLERR},
                                      {&writable, POLLOUT, POLLOUT | POLLERR},
                                      {&exceptional, POLLPRI, POLLPRI}}};
  // One entry for each descriptor: more than RLIMIT_NOFILE are refused.
  std::vector<pollfd> fds;
  std::unordered_map<int, size_t> place;
  for (const Role& role : roles) {
    for (const Socket& socket : *role.sockets) {
      const int fd = Valid(socket.fileno());
      const auto [at, is_new] = place.try_emplace(fd, fds.size());
      if (is_new) fds.push_back({.fd = fd, .events = 0, .revents = 0});
      fds[at->second].events |= role.asked;
    }
  }
  WaitBy(timeout_seconds,
         [&](Timeout& timeout) { return poll(fds.data(), fds.size(), timeout.milliseconds()); });
  Ready ready;
  const std::array<std::vector<Socket>*, 3> results = {&ready.readable, &ready.writable,
                                                       &ready.exceptional};
  for (size_t i = 0; i < roles.size(); ++i) {
    for (const Socket& socket : *roles[i].sockets) {
      const short got = fds[place.at(socket.fileno())].revents;
      if ((got & roles[i].meant) != 0) results[i]->push_back(socket);
    }
  }
  return ready;
}

void Poll::Register(const Socket& socket, uint32_t events) {
  watched_.Set(Valid(socket.fileno()), events);
}

void Poll::Modify(const Socket& socket, uint32_t events) {
  const int fd = Valid(socket.fileno());
  if (!watched_.Has(fd)) throw OSError(ENOENT);
  watched_.Set(fd, events);
}

void Poll::Unregister(const Socket& socket) { watched_.Del(Valid(socket.fileno())); }

std::vector<Event> Poll::Wait(double timeout_ms) {
  std::vector<pollfd> fds;
  for (const auto& [fd, events] : watched_) {
    fds.push_back({.fd = fd, .events = static_cast<short>(events), .revents = 0});
  }
  const double seconds = timeout_ms < 0 ? kForever : timeout_ms / 1e3;
  WaitBy(seconds,
         [&](Timeout& timeout) { return poll(fds.data(), fds.size(), timeout.milliseconds()); });
  std::vector<Event> events;
  for (const pollfd& entry : fds) {
    if (entry.revents != 0) events.emplace_back(entry.fd, static_cast<uint16_t>(entry.revents));
  }
  return events;
}

Epoll::Epoll() : epfd_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epfd_ < 0) throw OSError(errno);
}

Epoll::~Epoll() {
  if (epfd_ >= 0) close(epfd_);
}

void Epoll::Register(int fd, uint32_t events) { Control(EPOLL_CTL_ADD, fd, events); }
void Epoll::Modify(int fd, uint32_t events) { Control(EPOLL_CTL_MOD, fd, events); }
void Epoll::Unregister(int fd) { Control(EPOLL_CTL_DEL, fd, 0); }

void Epoll::Control(int operation, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = Valid(fd);
  if (epoll_ctl(epfd_, operation, fd, &event) < 0) throw OSError(errno);
}

std::vector<Event> Epoll::Wait(double timeout_seconds) {
  std::array<epoll_event, FD_SETSIZE - 1> buffer;
  const int count = WaitBy(timeout_seconds, [&](Timeout& timeout) {
    return epoll_wait(epfd_, buffer.data(), static_cast<int>(buffer.size()),
                      timeout.milliseconds());
  });
  std::vector<Event> events;
  events.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    // By value: epoll_event is packed.
    const int fd = buffer[i].data.fd;
    const uint32_t mask = buffer[i].events;
    events.emplace_back(fd, mask);
  }
  return events;
}

void Epoll::Close() {
  const int fd = std::exchange(epfd_, -1);
  if (fd >= 0 && close(fd) < 0) throw OSError(errno);
}

}  // namespace hupstorm::python
