#include "kernel/linux/held/raw_syscalls.h"

namespace hupstorm::remote {
namespace {

template <typename Argument>
int64_t Widen(Argument argument) {
  if constexpr (requires { static_cast<int64_t>(argument); }) {
    return static_cast<int64_t>(argument);
  } else {
    return reinterpret_cast<int64_t>(argument);
  }
}

}  // namespace

template <typename Base>
template <typename Result, typename... Arguments>
Result RawSyscalls<Base>::Make(Call call, Arguments... arguments) {
  return static_cast<Result>(Carry({.call = call, .arguments = {Widen(arguments)...}}));
}

template <typename Base>
int RawSyscalls<Base>::Socket(int domain, int type, int protocol) {
  return this->template Make<int>(Call::kSocket, domain, type, protocol);
}
template <typename Base>
int RawSyscalls<Base>::Socketpair(int domain, int type, int protocol, int fds[2]) {
  return this->template Make<int>(Call::kSocketpair, domain, type, protocol, fds);
}
template <typename Base>
int RawSyscalls<Base>::Bind(int fd, const sockaddr* address, socklen_t length) {
  return this->template Make<int>(Call::kBind, fd, address, length);
}
template <typename Base>
int RawSyscalls<Base>::Listen(int fd, int backlog) {
  return this->template Make<int>(Call::kListen, fd, backlog);
}
template <typename Base>
int RawSyscalls<Base>::Accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  return this->template Make<int>(Call::kAccept, fd, address, length, flags);
}
template <typename Base>
int RawSyscalls<Base>::Connect(int fd, const sockaddr* address, socklen_t length) {
  return this->template Make<int>(Call::kConnect, fd, address, length);
}
template <typename Base>
int RawSyscalls<Base>::Shutdown(int fd, int how) {
  return this->template Make<int>(Call::kShutdown, fd, how);
}
template <typename Base>
int RawSyscalls<Base>::Getsockname(int fd, sockaddr* address, socklen_t* length) {
  return this->template Make<int>(Call::kGetsockname, fd, address, length);
}
template <typename Base>
int RawSyscalls<Base>::Getpeername(int fd, sockaddr* address, socklen_t* length) {
  return this->template Make<int>(Call::kGetpeername, fd, address, length);
}
template <typename Base>
int RawSyscalls<Base>::Getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  return this->template Make<int>(Call::kGetsockopt, fd, level, name, value, length);
}
template <typename Base>
int RawSyscalls<Base>::Setsockopt(int fd, int level, int name, const void* value,
                                  socklen_t length) {
  return this->template Make<int>(Call::kSetsockopt, fd, level, name, value, length);
}
template <typename Base>
ssize_t RawSyscalls<Base>::Recv(int fd, void* buffer, size_t length, int flags) {
  return this->template Make<ssize_t>(Call::kRecv, fd, buffer, length, flags);
}
template <typename Base>
ssize_t RawSyscalls<Base>::Send(int fd, const void* buffer, size_t length, int flags) {
  return this->template Make<ssize_t>(Call::kSend, fd, buffer, length, flags);
}
template <typename Base>
ssize_t RawSyscalls<Base>::Recvmsg(int fd, msghdr* message, int flags) {
  return this->template Make<ssize_t>(Call::kRecvmsg, fd, message, flags);
}
template <typename Base>
ssize_t RawSyscalls<Base>::Sendmsg(int fd, const msghdr* message, int flags) {
  return this->template Make<ssize_t>(Call::kSendmsg, fd, message, flags);
}
template <typename Base>
ssize_t RawSyscalls<Base>::Read(int fd, void* buffer, size_t length) {
  return this->template Make<ssize_t>(Call::kRead, fd, buffer, length);
}
template <typename Base>
ssize_t RawSyscalls<Base>::Write(int fd, const void* buffer, size_t length) {
  return this->template Make<ssize_t>(Call::kWrite, fd, buffer, length);
}
template <typename Base>
ssize_t RawSyscalls<Base>::Readv(int fd, const iovec* parts, int count) {
  return this->template Make<ssize_t>(Call::kReadv, fd, parts, count);
}
template <typename Base>
ssize_t RawSyscalls<Base>::Writev(int fd, const iovec* parts, int count) {
  return this->template Make<ssize_t>(Call::kWritev, fd, parts, count);
}
template <typename Base>
int RawSyscalls<Base>::Close(int fd) {
  return this->template Make<int>(Call::kClose, fd);
}
template <typename Base>
int RawSyscalls<Base>::Fcntl(int fd, int command, long argument) {
  return this->template Make<int>(Call::kFcntl, fd, command, argument);
}
template <typename Base>
int RawSyscalls<Base>::Ioctl(int fd, unsigned long request, void* argument) {
  return this->template Make<int>(Call::kIoctl, fd, request, argument);
}
template <typename Base>
int RawSyscalls<Base>::Dup(int fd) {
  return this->template Make<int>(Call::kDup, fd);
}
template <typename Base>
int RawSyscalls<Base>::Dup3(int fd, int wanted, int flags) {
  return this->template Make<int>(Call::kDup3, fd, wanted, flags);
}
template <typename Base>
int RawSyscalls<Base>::Pipe2(int fds[2], int flags) {
  return this->template Make<int>(Call::kPipe2, fds, flags);
}
template <typename Base>
int RawSyscalls<Base>::Select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
                              timeval* timeout) {
  return this->template Make<int>(Call::kSelect, count, readable, writable, exceptional, timeout);
}
template <typename Base>
int RawSyscalls<Base>::Poll(pollfd* fds, nfds_t count, int timeout_ms) {
  return this->template Make<int>(Call::kPoll, fds, count, timeout_ms);
}
template <typename Base>
int RawSyscalls<Base>::EpollCreate1(int flags) {
  return this->template Make<int>(Call::kEpollCreate1, flags);
}
template <typename Base>
int RawSyscalls<Base>::EpollCtl(int epfd, int operation, int fd, epoll_event* event) {
  return this->template Make<int>(Call::kEpollCtl, epfd, operation, fd, event);
}
template <typename Base>
int RawSyscalls<Base>::EpollWait(int epfd, epoll_event* events, int max_events, int timeout_ms) {
  return this->template Make<int>(Call::kEpollWait, epfd, events, max_events, timeout_ms);
}
template <typename Base>
int RawSyscalls<Base>::Eventfd(unsigned initial, int flags) {
  return this->template Make<int>(Call::kEventfd, initial, flags);
}
template <typename Base>
int RawSyscalls<Base>::TimerfdCreate(int clock, int flags) {
  return this->template Make<int>(Call::kTimerfdCreate, clock, flags);
}
template <typename Base>
int RawSyscalls<Base>::TimerfdSettime(int fd, int flags, const itimerspec* value, itimerspec* old) {
  return this->template Make<int>(Call::kTimerfdSettime, fd, flags, value, old);
}
template <typename Base>
int RawSyscalls<Base>::TimerfdGettime(int fd, itimerspec* value) {
  return this->template Make<int>(Call::kTimerfdGettime, fd, value);
}
template <typename Base>
int RawSyscalls<Base>::ClockGettime(clockid_t clock, timespec* now) {
  return this->template Make<int>(Call::kClockGettime, clock, now);
}
template <typename Base>
int RawSyscalls<Base>::Nanosleep(const timespec* request, timespec* remaining) {
  return this->template Make<int>(Call::kNanosleep, request, remaining);
}
template <typename Base>
int RawSyscalls<Base>::Sigaction(int signal, const struct sigaction* action,
                                 struct sigaction* old) {
  return this->template Make<int>(Call::kSigaction, signal, action, old);
}

template class RawSyscalls<Syscalls>;
template class RawSyscalls<DrivenKernel>;

}  // namespace hupstorm::remote
