// A `Syscalls` that turns each of its calls into a `RawCall`: the base of both ends of a connection
// between a server and the process that drives it.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_RAW_SYSCALLS_H_
#define HUPSTORM_KERNEL_LINUX_HELD_RAW_SYSCALLS_H_

#include "kernel/driven_kernel.h"
#include "kernel/linux/held/raw_call.h"
#include "kernel/syscalls.h"

namespace hupstorm::remote {

// `Base` is Syscalls, or an interface derived from it.
template <typename Base>
class RawSyscalls : public Base {
 public:
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
  // Carries the call out; sets errno where it returns -1.
  virtual int64_t Carry(const RawCall& call) = 0;

 private:
  template <typename Result, typename... Arguments>
  Result Make(Call call, Arguments... arguments);
};

extern template class RawSyscalls<Syscalls>;
extern template class RawSyscalls<DrivenKernel>;

}  // namespace hupstorm::remote

#endif  // HUPSTORM_KERNEL_LINUX_HELD_RAW_SYSCALLS_H_
