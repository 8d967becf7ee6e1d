#include <errno.h>

#include "kernel/simulated/special_files.h"

namespace hupstorm::simulated {
namespace {

constexpr uint64_t kMost = UINT64_MAX;

}  // namespace

uint32_t PollEventfd(const Eventfd& eventfd) {
  uint32_t mask = 0;
  if (eventfd.count > 0) mask |= EPOLLIN;
  if (eventfd.count == kMost) mask |= EPOLLERR;
  if (eventfd.count < kMost - 1) mask |= EPOLLOUT;
  return mask;
}

ssize_t ReadEventfd(Kernel& kernel, Eventfd& eventfd, IoVector& to, int fd) {
  if (to.left() < sizeof(uint64_t)) return -EINVAL;
  while (eventfd.count == 0) {
    if (eventfd.non_blocking) return -EAGAIN;
    const int woken = Sleep(kernel, eventfd, {.call = Call::kRead, .fd = fd, .restartable = true});
    if (woken != 0) return woken;
  }
  const uint64_t value = eventfd.semaphore ? 1 : eventfd.count;
  eventfd.count -= value;
  to.Put(value);
  Wake(kernel, eventfd, EPOLLOUT, false);
  return sizeof(uint64_t);
}

ssize_t WriteEventfd(Kernel& kernel, Eventfd& eventfd, IoVector& from, int fd) {
  if (from.left() != sizeof(uint64_t)) return -EINVAL;
  const uint64_t value = from.Take<uint64_t>();
  if (value == kMost) return -EINVAL;
  while (kMost - eventfd.count <= value) {
    if (eventfd.non_blocking) return -EAGAIN;
    const int woken = Sleep(kernel, eventfd, {.call = Call::kWrite, .fd = fd, .restartable = true});
    if (woken != 0) return woken;
  }
  eventfd.count += value;
  Wake(kernel, eventfd, EPOLLIN, false);
  return sizeof(uint64_t);
}

}  // namespace hupstorm::simulated
