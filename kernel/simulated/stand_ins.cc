// Descriptors of Linux's that stand for simulated ones: see Syscalls::OpenStandIn.

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "kernel/simulated/calls.h"

namespace hupstorm {
namespace simulated {
namespace {

constexpr uint64_t kFirstInode = 1'000'000;

long OpenSame(const Object& object) {
  switch (object.kind) {
    case Kind::kTcp:
      return syscall(SYS_socket, static_cast<const TcpEndpoint&>(object).family(), SOCK_STREAM, 0);
    case Kind::kUnixStream:
      return syscall(SYS_socket, AF_UNIX, static_cast<const UnixStream&>(object).type, 0);
    case Kind::kEpoll:
      return syscall(SYS_epoll_create1, 0);
    case Kind::kEventfd:
      return syscall(SYS_eventfd2, 0, 0);
    case Kind::kTimerfd:
      return syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0);
    case Kind::kSignalfd: {
      const uint64_t none = 0;
      return syscall(SYS_signalfd4, -1, &none, sizeof none, 0);
    }
    case Kind::kPipeEnd: {
      int ends[2];
      if (syscall(SYS_pipe2, ends, 0) != 0) return -1;
      const int kept = static_cast<const PipeEnd&>(object).is_writer ? 1 : 0;
      syscall(SYS_close, ends[1 - kept]);
      return ends[kept];
    }
    case Kind::kHostFile:
      break;  // has no descriptor in the window
  }
  return -1;
}

uint64_t InodeOf(const Object& object) {
  switch (object.kind) {
    case Kind::kTcp:
    case Kind::kUnixStream:
      return kFirstInode + object.serial;
    case Kind::kPipeEnd:
      return kFirstInode + static_cast<const PipeEnd&>(object).pipe->serial;
    default:
      return 0;  // all of these share one, the anonymous inode
  }
}

}  // namespace
}  // namespace simulated

Syscalls::StandIn SimulatedKernel::OpenStandIn(int fd) const {
  const simulated::Object* const object = state_->descriptors.Get(fd);
  if (object == nullptr) return {.fd = StandIn::kClosed, .inode = 0, .now_ns = 0};
  const long made = simulated::OpenSame(*object);
  if (made < 0) {
    std::fprintf(stderr, "hupstorm: Linux has no descriptor to stand in for %d\n", fd);
    std::abort();
  }
  return {.fd = static_cast<int>(made),
          .inode = simulated::InodeOf(*object),
          .now_ns = state_->timers.now_ns()};
}

int SimulatedKernel::NextDescriptor(int from) const {
  for (int fd = std::max(from, kFirstDescriptor); fd < state_->descriptors.end(); ++fd) {
    if (state_->descriptors.Get(fd) != nullptr) return fd;
  }
  return StandIn::kClosed;
}

}  // namespace hupstorm
