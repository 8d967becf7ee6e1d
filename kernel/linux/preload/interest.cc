#include "kernel/linux/preload/interest.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hupstorm::preload {
namespace {

// Raw, as the names of libc lead to the shim.
int RawOption(int fd, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  syscall(SYS_getsockopt, fd, SOL_SOCKET, name, &value, &length);
  return value;
}

}  // namespace

Interest::State Interest::LookAt(int fd, State former) {
  struct stat status = {};
  if (syscall(SYS_fstat, fd, &status) != 0) {
    return errno == EBADF && former == State::kClosed ? State::kClosed : State::kUnknown;
  }
  if (S_ISSOCK(status.st_mode)) {
    const int domain = RawOption(fd, SO_DOMAIN);
    const bool is_tcp =
        (domain == AF_INET || domain == AF_INET6) && RawOption(fd, SO_TYPE) == SOCK_STREAM;
    return is_tcp ? State::kWatched : State::kIgnored;
  }
  // epoll, eventfd, timerfd and the like are files of no type (anon_inode).
  return (status.st_mode & S_IFMT) == 0 ? State::kWatched : State::kIgnored;
}

bool Interest::IsWatched(int fd) {
  if (fd < 0) return false;
  State state = Get(fd);
  if (state == State::kUnknown || state == State::kClosed) {
    const int former_errno = errno;
    state = LookAt(fd, state);
    errno = former_errno;
    Set(fd, state);
  }
  return state == State::kWatched || state == State::kClosed;
}

Interest::State Interest::Get(int fd) const {
  if (fd < 0 || fd >= kMost) return State::kUnknown;
  return states_[static_cast<size_t>(fd)].load(std::memory_order_relaxed);
}

void Interest::Set(int fd, State state) {
  if (fd < 0 || fd >= kMost) return;
  states_[static_cast<size_t>(fd)].store(state, std::memory_order_relaxed);
}

void Interest::ForgetClosed() {
  for (int fd = 0; fd < kMost; ++fd) {
    if (Get(fd) == State::kClosed) Forget(fd);
  }
}

}  // namespace hupstorm::preload
