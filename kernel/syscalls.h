// The interface at the syscall boundary: what an event-loop server asks of the kernel.
//
// Every method has the shape, the return value and the errno of the POSIX or Linux call whose name
// it bears (sections 2 and 3 of the manual): on failure it returns -1 and sets errno. Methods exist
// for calls in their canonical form only; the libc shim maps the variants (accept, recvfrom,
// epoll_pwait, ppoll, __recv_chk, ...) onto these.
//
// `HostKernel` carries them out on Linux, `SimulatedKernel` on a simulation, and a `SyscallsLayer`
// decorates either.

#ifndef HUPSTORM_KERNEL_SYSCALLS_H_
#define HUPSTORM_KERNEL_SYSCALLS_H_

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

namespace hupstorm {

class Syscalls {
 public:
  virtual ~Syscalls() = default;

  // True for a descriptor that exists here and not in Linux. The shim asks it about calls that have
  // no method below: on such a descriptor they abort with their name, on others they go to Linux.
  virtual bool Simulates(int fd) const {
    static_cast<void>(fd);
    return false;
  }

  // Sockets.
  virtual int Socket(int domain, int type, int protocol) = 0;
  virtual int Socketpair(int domain, int type, int protocol, int fds[2]) = 0;
  virtual int Bind(int fd, const sockaddr* address, socklen_t length) = 0;
  virtual int Listen(int fd, int backlog) = 0;
  virtual int Accept4(int fd, sockaddr* address, socklen_t* length, int flags) = 0;
  virtual int Connect(int fd, const sockaddr* address, socklen_t length) = 0;
  virtual int Shutdown(int fd, int how) = 0;
  virtual int Getsockname(int fd, sockaddr* address, socklen_t* length) = 0;
  virtual int Getpeername(int fd, sockaddr* address, socklen_t* length) = 0;
  virtual int Getsockopt(int fd, int level, int name, void* value, socklen_t* length) = 0;
  virtual int Setsockopt(int fd, int level, int name, const void* value, socklen_t length) = 0;

  // Bytes.
  virtual ssize_t Recv(int fd, void* buffer, size_t length, int flags) = 0;
  virtual ssize_t Send(int fd, const void* buffer, size_t length, int flags) = 0;
  virtual ssize_t Recvmsg(int fd, msghdr* message, int flags) = 0;
  virtual ssize_t Sendmsg(int fd, const msghdr* message, int flags) = 0;
  virtual ssize_t Read(int fd, void* buffer, size_t length) = 0;
  virtual ssize_t Write(int fd, const void* buffer, size_t length) = 0;
  virtual ssize_t Readv(int fd, const iovec* parts, int count) = 0;
  virtual ssize_t Writev(int fd, const iovec* parts, int count) = 0;

  // Descriptors.
  virtual int Close(int fd) = 0;
  virtual int Fcntl(int fd, int command, long argument) = 0;
  virtual int Ioctl(int fd, unsigned long request, void* argument) = 0;
  virtual int Dup(int fd) = 0;
  virtual int Dup3(int fd, int wanted, int flags) = 0;  // dup2 too, but for equal descriptors
  virtual int Pipe2(int fds[2], int flags) = 0;

  // Readiness. Timeouts are relative; null or negative waits for ever, zero does not wait.
  virtual int Select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
                     timeval* timeout) = 0;
  virtual int Poll(pollfd* fds, nfds_t count, int timeout_ms) = 0;
  virtual int EpollCreate1(int flags) = 0;
  virtual int EpollCtl(int epfd, int operation, int fd, epoll_event* event) = 0;
  virtual int EpollWait(int epfd, epoll_event* events, int max_events, int timeout_ms) = 0;

  // Wake-ups, clocks and signals.
  virtual int Eventfd(unsigned initial, int flags) = 0;
  virtual int TimerfdCreate(int clock, int flags) = 0;
  virtual int TimerfdSettime(int fd, int flags, const itimerspec* value, itimerspec* old) = 0;
  virtual int TimerfdGettime(int fd, itimerspec* value) = 0;
  virtual int ClockGettime(clockid_t clock, timespec* now) = 0;
  virtual int Nanosleep(const timespec* request, timespec* remaining) = 0;
  virtual int Sigaction(int signal, const struct sigaction* action, struct sigaction* old) = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_SYSCALLS_H_
