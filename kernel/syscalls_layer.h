// A `Syscalls` that decorates another: the base of `FaultInjector`, `TraceRecorder` and of the
// monitors in scenarios/. A layer sees each call twice, on its way in and on its way out, and can
// answer it itself.

#ifndef HUPSTORM_KERNEL_SYSCALLS_LAYER_H_
#define HUPSTORM_KERNEL_SYSCALLS_LAYER_H_

#include "kernel/call.h"
#include "kernel/syscalls.h"

namespace hupstorm {

class SyscallsLayer : public Syscalls {
 public:
  // `inner` must outlive the layer.
  explicit SyscallsLayer(Syscalls& inner) : inner_(&inner) {}

  // Decorates another from the next call on; not to be called from inside one.
  void set_inner(Syscalls& inner) { inner_ = &inner; }

  bool Simulates(int fd) const override { return inner_->Simulates(fd); }

  // All of Syscalls, each: Enter, then the inner call unless Enter answered, then Leave.
  int Socket(int domain, int type, int protocol) final;
  int Socketpair(int domain, int type, int protocol, int fds[2]) final;
  int Bind(int fd, const sockaddr* address, socklen_t length) final;
  int Listen(int fd, int backlog) final;
  int Accept4(int fd, sockaddr* address, socklen_t* length, int flags) final;
  int Connect(int fd, const sockaddr* address, socklen_t length) final;
  int Shutdown(int fd, int how) final;
  int Getsockname(int fd, sockaddr* address, socklen_t* length) final;
  int Getpeername(int fd, sockaddr* address, socklen_t* length) final;
  int Getsockopt(int fd, int level, int name, void* value, socklen_t* length) final;
  int Setsockopt(int fd, int level, int name, const void* value, socklen_t length) final;
  ssize_t Recv(int fd, void* buffer, size_t length, int flags) final;
  ssize_t Send(int fd, const void* buffer, size_t length, int flags) final;
  ssize_t Recvmsg(int fd, msghdr* message, int flags) final;
  ssize_t Sendmsg(int fd, const msghdr* message, int flags) final;
  ssize_t Read(int fd, void* buffer, size_t length) final;
  ssize_t Write(int fd, const void* buffer, size_t length) final;
  ssize_t Readv(int fd, const iovec* parts, int count) final;
  ssize_t Writev(int fd, const iovec* parts, int count) final;
  int Close(int fd) final;
  int Fcntl(int fd, int command, long argument) final;
  int Ioctl(int fd, unsigned long request, void* argument) final;
  int Dup(int fd) final;
  int Dup3(int fd, int wanted, int flags) final;
  int Pipe2(int fds[2], int flags) final;
  int Select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
             timeval* timeout) final;
  int Poll(pollfd* fds, nfds_t count, int timeout_ms) final;
  int EpollCreate1(int flags) final;
  int EpollCtl(int epfd, int operation, int fd, epoll_event* event) final;
  int EpollWait(int epfd, epoll_event* events, int max_events, int timeout_ms) final;
  int Eventfd(unsigned initial, int flags) final;
  int TimerfdCreate(int clock, int flags) final;
  int TimerfdSettime(int fd, int flags, const itimerspec* value, itimerspec* old) final;
  int TimerfdGettime(int fd, itimerspec* value) final;
  int ClockGettime(clockid_t clock, timespec* now) final;
  int Nanosleep(const timespec* request, timespec* remaining) final;
  int Sigaction(int signal, const struct sigaction* action, struct sigaction* old) final;

 protected:
  // Called before the call. To answer it without the inner kernel, fill in `result` and `error`
  // and return false. To make it shorter, lower `length` (Recv, Send, Read, Write; for the vector
  // and message forms it is the sum of the parts, and they are cut to it).
  virtual bool Enter(CallRecord& call) = 0;

  // Called after the call, whoever answered it, with `result` and `error` set. It may change both.
  // Not called where the inner call leaves by an exception.
  virtual void Leave(CallRecord& call) = 0;

  Syscalls& inner() { return *inner_; }

 private:
  template <typename Result, typename Body>
  Result Run(CallRecord& call, Body&& body);

  Syscalls* inner_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_SYSCALLS_LAYER_H_
