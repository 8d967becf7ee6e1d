// Linux itself, for x86-64, behind `Syscalls`.
//
// Every call is a raw system call. libc's own wrappers must not be used here: in an executable that
// links the shim their names lead back to the shim. A raw call is no cancellation point either,
// which a server that is driven by scenarios has no use for.

#ifndef HUPSTORM_KERNEL_HOST_KERNEL_H_
#define HUPSTORM_KERNEL_HOST_KERNEL_H_

#include "kernel/syscalls.h"

namespace hupstorm {

class HostKernel final : public Syscalls {
 public:
  int Socket(int domain, int type, int protocol) override;
  int Socketpair(int domain, int type, int protocol, int fds[2]) override;
  int Bind(int fd, const sockaddr* address, socklen_t length) override;
  int Listen(int fd, int backlog) override;
  int Accept4(int fd, sockaddr* address, socklen_t* length, int flags) override;
  int Connect(int fd, const sockaddr* address, socklen_t length) override;
  int Shutdown(int fd, int how) override;
  int Getsockname(int fd, sockaddr* address, socklen_t* length) override;
  int Getpeername(int fd, sockaddr* address, socklen_t* length) override;
  int Getsockopt(int fd, int level, int name, void* value, socklen_t* length) override;
  int Setsockopt(int fd, int level, int name, const void* value, socklen_t length) override;
  ssize_t Recv(int fd, void* buffer, size_t length, int flags) override;
  ssize_t Send(int fd, const void* buffer, size_t length, int flags) override;
  ssize_t Recvmsg(int fd, msghdr* message, int flags) override;
  ssize_t Sendmsg(int fd, const msghdr* message, int flags) override;
  ssize_t Read(int fd, void* buffer, size_t length) override;
  ssize_t Write(int fd, const void* buffer, size_t length) override;
  ssize_t Readv(int fd, const iovec* parts, int count) override;
  ssize_t Writev(int fd, const iovec* parts, int count) override;
  int Close(int fd) override;
  int Fcntl(int fd, int command, long argument) override;
  int Ioctl(int fd, unsigned long request, void* argument) override;
  int Dup(int fd) override;
  int Dup3(int fd, int wanted, int flags) override;
  int Pipe2(int fds[2], int flags) override;
  int Select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
             timeval* timeout) override;
  int Poll(pollfd* fds, nfds_t count, int timeout_ms) override;
  int EpollCreate1(int flags) override;
  int EpollCtl(int epfd, int operation, int fd, epoll_event* event) override;
  int EpollWait(int epfd, epoll_event* events, int max_events, int timeout_ms) override;
  int Eventfd(unsigned initial, int flags) override;
  int TimerfdCreate(int clock, int flags) override;
  int TimerfdSettime(int fd, int flags, const itimerspec* value, itimerspec* old) override;
  int TimerfdGettime(int fd, itimerspec* value) override;
  int ClockGettime(clockid_t clock, timespec* now) override;
  int Nanosleep(const timespec* request, timespec* remaining) override;
  int Sigaction(int signal, const struct sigaction* action, struct sigaction* old) override;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_HOST_KERNEL_H_
