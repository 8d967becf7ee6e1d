// poll(2).

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "target/reference/descriptor_table.h"
#include "target/reference/multiplexer.h"
#include "target/reference/posix_error.h"

namespace hupstorm {
namespace {

constexpr size_t kLeastWatched = 64;
constexpr int kPartialWaitMs = 10;

int16_t PollEvents(Interest interest) {
  return static_cast<int16_t>((interest.read ? POLLIN : 0) | (interest.write ? POLLOUT : 0));
}

class PollMultiplexer final : public Multiplexer {
 public:
  PollMultiplexer() { watched_.reserve(kLeastWatched); }

  bool Add(int fd, Interest interest) override {
    place_.Set(fd, static_cast<int>(watched_.size()));
    watched_.push_back({.fd = fd, .events = PollEvents(interest), .revents = 0});
    return true;
  }

  bool Modify(int fd, Interest interest) override {
    watched_[static_cast<size_t>(place_.Find(fd))].events = PollEvents(interest);
    return true;
  }

  void Remove(int fd) override {
    const int place = place_.Find(fd);
    const pollfd last = watched_.back();
    watched_[static_cast<size_t>(place)] = last;
    place_.Set(last.fd, place);
    watched_.pop_back();
    place_.Clear(fd);
    ShrinkIfSparse(watched_, kLeastWatched);
  }

  void Wait(int timeout_ms, ReadySink& sink) override {
    int left = poll(watched_.data(), watched_.size(), timeout_ms);
    if (left < 0 && errno == EINVAL) left = WaitInParts(timeout_ms);
    if (left < 0) {
      if (errno == EINTR || errno == ENOMEM) return;
      ThrowErrno("poll");
    }
    for (auto it = watched_.begin(); left > 0; ++it) {
      if (it->revents == 0) continue;
      --left;
      // Whatever is neither POLLIN nor POLLOUT, such as POLLHUP, is for both calls to find out.
      sink.OnReady(it->fd,
                   {.read = (it->revents & ~POLLOUT) != 0, .write = (it->revents & ~POLLIN) != 0});
    }
  }

 private:
  // poll refuses more descriptors than RLIMIT_NOFILE allows (EINVAL), and the limit may have been
  // lowered since they were opened. Then they are looked at in parts, of the size that it takes. As
  // it can sleep on one part only, it does so for a short while at a time.
  int WaitInParts(int timeout_ms) {
    size_t part = watched_.size() / 2;
    int ready = poll(watched_.data(), part, 0);
    while (ready < 0 && errno == EINVAL && part > 1) {
      part /= 2;
      ready = poll(watched_.data(), part, 0);
    }
    if (ready < 0) return ready;
    for (size_t begin = part; begin < watched_.size(); begin += part) {
      const int more = poll(&watched_[begin], std::min(part, watched_.size() - begin), 0);
      if (more < 0) return more;
      ready += more;
    }
    if (ready > 0 || timeout_ms == 0) return ready;
    const bool limited = timeout_ms > 0 && timeout_ms < kPartialWaitMs;
    return poll(watched_.data(), part, limited ? timeout_ms : kPartialWaitMs);
  }

  // Without holes, since the kernel walks all of it in every call.
  std::vector<pollfd> watched_;
  DescriptorTable<int, -1> place_;  // of each descriptor in `watched_`
};

}  // namespace

std::unique_ptr<Multiplexer> MakePollMultiplexer() { return std::make_unique<PollMultiplexer>(); }

}  // namespace hupstorm
