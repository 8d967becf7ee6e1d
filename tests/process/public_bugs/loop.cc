#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include <algorithm>
#include <map>

namespace {

// No memory for a wait now says nothing about the next one.
void AfterFailure() {
  if (errno != EINTR) usleep(10'000);
}

class EpollLoop : public Loop {
 public:
  explicit EpollLoop(uint32_t mode) : mode_(mode), set_(epoll_create1(EPOLL_CLOEXEC)) {}
  ~EpollLoop() override { close(set_); }

  bool Set(int fd, int events) override {
    epoll_event event = {};
    event.events = mode_;
    if (events & kIn) event.events |= EPOLLIN;
    if (events & kOut) event.events |= EPOLLOUT;
    event.data.fd = fd;
    const auto known = known_.find(fd);
    if (known != known_.end() && known->second == events) return true;
    const int what = known == known_.end() ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(set_, what, fd, &event) != 0) return false;
    known_[fd] = events;
    return true;
  }

  void Remove(int fd) override {
    if (known_.erase(fd) > 0) epoll_ctl(set_, EPOLL_CTL_DEL, fd, nullptr);
  }

  std::vector<Event> Wait(int ms) override {
    epoll_event ready[64];
    const int count = epoll_wait(set_, ready, 64, ms);
    if (count < 0) AfterFailure();
    std::vector<Event> events;
    for (int i = 0; i < count; ++i) {
      const uint32_t told = ready[i].events;
      events.push_back({ready[i].data.fd, (told & EPOLLIN ? kIn : 0) |
                                              (told & EPOLLOUT ? kOut : 0) |
                                              (told & (EPOLLHUP | EPOLLERR) ? kHangUp : 0)});
    }
    return events;
  }

 private:
  uint32_t mode_;
  int set_;
  std::map<int, int> known_;
};

class PollLoop : public Loop {
 public:
  bool Set(int fd, int events) override {
    known_[fd] = events;
    return true;
  }
  void Remove(int fd) override { known_.erase(fd); }

  std::vector<Event> Wait(int ms) override {
    std::vector<pollfd> set;
    for (const auto& [fd, events] : known_) {
      set.push_back(
          {fd, static_cast<short>((events & kIn ? POLLIN : 0) | (events & kOut ? POLLOUT : 0)), 0});
    }
    std::vector<Event> events;
    if (poll(set.data(), set.size(), ms) < 0) {
      AfterFailure();
      return events;
    }
    for (const pollfd& entry : set) {
      const int told = (entry.revents & POLLIN ? kIn : 0) | (entry.revents & POLLOUT ? kOut : 0) |
                       (entry.revents & (POLLHUP | POLLERR) ? kHangUp : 0);
      if (told != 0) events.push_back({entry.fd, told});
    }
    return events;
  }

 private:
  std::map<int, int> known_;
};

class SelectLoop : public Loop {
 public:
  explicit SelectLoop(bool unchecked) : unchecked_(unchecked) {}

  bool Set(int fd, int events) override {
    if (fd >= FD_SETSIZE && !unchecked_) return false;
    known_[fd] = events;
    return true;
  }
  void Remove(int fd) override { known_.erase(fd); }

  std::vector<Event> Wait(int ms) override {
    FD_ZERO(&in_);
    FD_ZERO(&out_);
    int last = -1;
    for (const auto& [fd, events] : known_) {
      if (events & kIn) FD_SET(fd, &in_);
      if (events & kOut) FD_SET(fd, &out_);
      last = std::max(last, fd);
    }
    timeval time = {ms / 1000, ms % 1000 * 1000};
    std::vector<Event> events;
    if (select(last + 1, &in_, &out_, nullptr, ms < 0 ? nullptr : &time) < 0) {
      AfterFailure();
      return events;
    }
    for (const auto& entry : known_) {
      const int fd = entry.first;
      const int told = (FD_ISSET(fd, &in_) ? kIn : 0) | (FD_ISSET(fd, &out_) ? kOut : 0);
      if (told != 0) events.push_back({fd, told});
    }
    return events;
  }

 private:
  bool unchecked_;
  fd_set in_;
  fd_set out_;
  std::map<int, int> known_;
};

}  // namespace

std::unique_ptr<Loop> Loop::Make(const std::string& name, bool unchecked) {
  if (name == "epoll") return std::make_unique<EpollLoop>(0);
  if (name == "epoll-et") return std::make_unique<EpollLoop>(EPOLLET);
  if (name == "poll") return std::make_unique<PollLoop>();
  if (name == "select") return std::make_unique<SelectLoop>(unchecked);
  return nullptr;
}
