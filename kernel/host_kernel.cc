#include "kernel/host_kernel.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

// glibc's sigaction under its second public name (GLIBC_2.2.5), which nobody interposes. The raw
// rt_sigaction would need a signal return trampoline of our own, and debuggers and unwinders know
// glibc's.
extern "C" int __sigaction(int signal, const struct sigaction* action, struct sigaction* old);

namespace hupstorm {
namespace {

// syscall(2) passes on 64-bit registers: each argument is widened with its own sign here, so that
// no stray upper half of a register reaches the kernel.
template <typename Argument>
long Widen(Argument argument) {
  if constexpr (requires { static_cast<long>(argument); }) {
    return static_cast<long>(argument);
  } else {
    return reinterpret_cast<long>(argument);
  }
}

template <typename... Arguments>
long Raw(long number, Arguments... arguments) {
  return ::syscall(number, Widen(arguments)...);
}

template <typename... Arguments>
int RawInt(long number, Arguments... arguments) {
  return static_cast<int>(Raw(number, arguments...));
}

}  // namespace

int HostKernel::Socket(int domain, int type, int protocol) {
  return RawInt(SYS_socket, domain, type, protocol);
}
int HostKernel::Socketpair(int domain, int type, int protocol, int fds[2]) {
  return RawInt(SYS_socketpair, domain, type, protocol, fds);
}
int HostKernel::Bind(int fd, const sockaddr* address, socklen_t length) {
  return RawInt(SYS_bind, fd, address, length);
}
int HostKernel::Listen(int fd, int backlog) { return RawInt(SYS_listen, fd, backlog); }
int HostKernel::Accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  return RawInt(SYS_accept4, fd, address, length, flags);
}
int HostKernel::Connect(int fd, const sockaddr* address, socklen_t length) {
  return RawInt(SYS_connect, fd, address, length);
}
int HostKernel::Shutdown(int fd, int how) { return RawInt(SYS_shutdown, fd, how); }
int HostKernel::Getsockname(int fd, sockaddr* address, socklen_t* length) {
  return RawInt(SYS_getsockname, fd, address, length);
}
int HostKernel::Getpeername(int fd, sockaddr* address, socklen_t* length) {
  return RawInt(SYS_getpeername, fd, address, length);
}
int HostKernel::Getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  return RawInt(SYS_getsockopt, fd, level, name, value, length);
}
int HostKernel::Setsockopt(int fd, int level, int name, const void* value, socklen_t length) {
  return RawInt(SYS_setsockopt, fd, level, name, value, length);
}

ssize_t HostKernel::Recv(int fd, void* buffer, size_t length, int flags) {
  return Raw(SYS_recvfrom, fd, buffer, length, flags, 0L, 0L);
}
ssize_t HostKernel::Send(int fd, const void* buffer, size_t length, int flags) {
  return Raw(SYS_sendto, fd, buffer, length, flags, 0L, 0L);
}
ssize_t HostKernel::Recvmsg(int fd, msghdr* message, int flags) {
  return Raw(SYS_recvmsg, fd, message, flags);
}
ssize_t HostKernel::Sendmsg(int fd, const msghdr* message, int flags) {
  return Raw(SYS_sendmsg, fd, message, flags);
}
ssize_t HostKernel::Read(int fd, void* buffer, size_t length) {
  return Raw(SYS_read, fd, buffer, length);
}
ssize_t HostKernel::Write(int fd, const void* buffer, size_t length) {
  return Raw(SYS_write, fd, buffer, length);
}
ssize_t HostKernel::Readv(int fd, const iovec* parts, int count) {
  return Raw(SYS_readv, fd, parts, count);
}
ssize_t HostKernel::Writev(int fd, const iovec* parts, int count) {
  return Raw(SYS_writev, fd, parts, count);
}

int HostKernel::Close(int fd) { return RawInt(SYS_close, fd); }
int HostKernel::Fcntl(int fd, int command, long argument) {
  return RawInt(SYS_fcntl, fd, command, argument);
}
int HostKernel::Ioctl(int fd, unsigned long request, void* argument) {
  return RawInt(SYS_ioctl, fd, request, argument);
}
int HostKernel::Dup(int fd) { return RawInt(SYS_dup, fd); }
int HostKernel::Dup3(int fd, int wanted, int flags) { return RawInt(SYS_dup3, fd, wanted, flags); }
int HostKernel::Pipe2(int fds[2], int flags) { return RawInt(SYS_pipe2, fds, flags); }

int HostKernel::Select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
                       timeval* timeout) {
  return RawInt(SYS_select, count, readable, writable, exceptional, timeout);
}
int HostKernel::Poll(pollfd* fds, nfds_t count, int timeout_ms) {
  return RawInt(SYS_poll, fds, count, timeout_ms);
}
int HostKernel::EpollCreate1(int flags) { return RawInt(SYS_epoll_create1, flags); }
int HostKernel::EpollCtl(int epfd, int operation, int fd, epoll_event* event) {
  return RawInt(SYS_epoll_ctl, epfd, operation, fd, event);
}
int HostKernel::EpollWait(int epfd, epoll_event* events, int max_events, int timeout_ms) {
  return RawInt(SYS_epoll_wait, epfd, events, max_events, timeout_ms);
}

int HostKernel::Eventfd(unsigned initial, int flags) {
  return RawInt(SYS_eventfd2, initial, flags);
}
int HostKernel::TimerfdCreate(int clock, int flags) {
  return RawInt(SYS_timerfd_create, clock, flags);
}
int HostKernel::TimerfdSettime(int fd, int flags, const itimerspec* value, itimerspec* old) {
  return RawInt(SYS_timerfd_settime, fd, flags, value, old);
}
int HostKernel::TimerfdGettime(int fd, itimerspec* value) {
  return RawInt(SYS_timerfd_gettime, fd, value);
}
int HostKernel::ClockGettime(clockid_t clock, timespec* now) {
  return RawInt(SYS_clock_gettime, clock, now);
}
int HostKernel::Nanosleep(const timespec* request, timespec* remaining) {
  return RawInt(SYS_nanosleep, request, remaining);
}
int HostKernel::Sigaction(int signal, const struct sigaction* action, struct sigaction* old) {
  return __sigaction(signal, action, old);
}

}  // namespace hupstorm
