#include "kernel/simulated/eventfd.h"

#include <errno.h>

#include <array>
#include <cstring>

namespace hupstorm::simulated {
namespace {

constexpr uint64_t kMost = UINT64_MAX;

uint64_t TakeUint64(IoVector& from) {
  std::array<std::byte, sizeof(uint64_t)> bytes;
  for (size_t done = 0; done < bytes.size();) {
    const std::span<std::byte> piece = from.Next(bytes.size() - done);
    std::memcpy(bytes.data() + done, piece.data(), piece.size());
    from.Advance(piece.size());
    done += piece.size();
  }
  uint64_t value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

}  // namespace

void PutUint64(IoVector& to, uint64_t value) {
  std::array<std::byte, sizeof(uint64_t)> bytes;
  std::memcpy(bytes.data(), &value, sizeof(value));
  for (size_t done = 0; done < bytes.size();) {
    const std::span<std::byte> piece = to.Next(bytes.size() - done);
    std::memcpy(piece.data(), bytes.data() + done, piece.size());
    to.Advance(piece.size());
    done += piece.size();
  }
}

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
  PutUint64(to, value);
  Wake(kernel, eventfd, EPOLLOUT, false);
  return sizeof(uint64_t);
}

ssize_t WriteEventfd(Kernel& kernel, Eventfd& eventfd, IoVector& from, int fd) {
  if (from.left() != sizeof(uint64_t)) return -EINVAL;
  const uint64_t value = TakeUint64(from);
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
