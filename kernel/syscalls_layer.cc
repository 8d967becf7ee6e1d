#include "kernel/syscalls_layer.h"

#include <errno.h>
#include <limits.h>

#include <algorithm>
#include <climits>
#include <cstring>

namespace hupstorm {
namespace {

// The bytes that a vector names, as the length of its call. Linux refuses a count beyond IOV_MAX,
// so the parts are looked at only within it.
size_t SumOfParts(const iovec* parts, size_t count) {
  if (parts == nullptr || count > IOV_MAX) return 0;
  size_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += parts[i].iov_len;
  return sum;
}

size_t CountOfParts(int count) { return count < 0 ? SIZE_MAX : static_cast<size_t>(count); }

// The leading parts of a vector, up to a number of bytes. On the stack: layers allocate nothing.
class CutParts {
 public:
  CutParts(const iovec* parts, size_t count, size_t bytes) {
    while (count_ < count && bytes > 0) {
      iovec part = parts[count_];
      part.iov_len = std::min(part.iov_len, bytes);
      bytes -= part.iov_len;
      parts_[count_++] = part;
    }
  }
  iovec* data() { return parts_; }
  size_t count() const { return count_; }

 private:
  iovec parts_[IOV_MAX];
  size_t count_ = 0;
};

// Milliseconds, rounded up as Linux does for its own timers; -1 for none.
int Milliseconds(const timeval* timeout) {
  if (timeout == nullptr) return -1;
  if (timeout->tv_sec > INT_MAX / 1000 - 1) return INT_MAX;
  return static_cast<int>(timeout->tv_sec * 1000 + (timeout->tv_usec + 999) / 1000);
}

}  // namespace

template <typename Result, typename Body>
Result SyscallsLayer::Run(CallRecord& call, Body&& body) {
  if (Enter(call)) {
    call.result = body();
    call.error = call.result == -1 ? errno : 0;
  }
  Leave(call);
  if (call.result == -1) errno = call.error;
  return static_cast<Result>(call.result);
}

int SyscallsLayer::Socket(int domain, int type, int protocol) {
  CallRecord call{.call = Call::kSocket,
                  .length = static_cast<size_t>(protocol),
                  .flags = domain,
                  .other = type};
  return Run<int>(call, [&] { return inner_->Socket(domain, type, protocol); });
}

int SyscallsLayer::Socketpair(int domain, int type, int protocol, int fds[2]) {
  CallRecord call{.call = Call::kSocketpair,
                  .length = static_cast<size_t>(protocol),
                  .flags = domain,
                  .other = type,
                  .buffer = fds};
  return Run<int>(call, [&] { return inner_->Socketpair(domain, type, protocol, fds); });
}

int SyscallsLayer::Bind(int fd, const sockaddr* address, socklen_t length) {
  CallRecord call{.call = Call::kBind, .fd = fd, .length = length, .buffer = address};
  return Run<int>(call, [&] { return inner_->Bind(fd, address, length); });
}

int SyscallsLayer::Listen(int fd, int backlog) {
  CallRecord call{.call = Call::kListen, .fd = fd, .length = static_cast<size_t>(backlog)};
  return Run<int>(call, [&] { return inner_->Listen(fd, backlog); });
}

int SyscallsLayer::Accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  CallRecord call{
      .call = Call::kAccept, .fd = fd, .flags = flags, .buffer = address, .extra = length};
  return Run<int>(call, [&] { return inner_->Accept4(fd, address, length, flags); });
}

int SyscallsLayer::Connect(int fd, const sockaddr* address, socklen_t length) {
  CallRecord call{.call = Call::kConnect, .fd = fd, .length = length, .buffer = address};
  return Run<int>(call, [&] { return inner_->Connect(fd, address, length); });
}

int SyscallsLayer::Shutdown(int fd, int how) {
  CallRecord call{.call = Call::kShutdown, .fd = fd, .flags = how};
  return Run<int>(call, [&] { return inner_->Shutdown(fd, how); });
}

int SyscallsLayer::Getsockname(int fd, sockaddr* address, socklen_t* length) {
  CallRecord call{.call = Call::kGetsockname, .fd = fd, .buffer = address, .extra = length};
  return Run<int>(call, [&] { return inner_->Getsockname(fd, address, length); });
}

int SyscallsLayer::Getpeername(int fd, sockaddr* address, socklen_t* length) {
  CallRecord call{.call = Call::kGetpeername, .fd = fd, .buffer = address, .extra = length};
  return Run<int>(call, [&] { return inner_->Getpeername(fd, address, length); });
}

int SyscallsLayer::Getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  CallRecord call{.call = Call::kGetsockopt,
                  .fd = fd,
                  .flags = name,
                  .other = level,
                  .buffer = value,
                  .extra = length};
  return Run<int>(call, [&] { return inner_->Getsockopt(fd, level, name, value, length); });
}

int SyscallsLayer::Setsockopt(int fd, int level, int name, const void* value, socklen_t length) {
  CallRecord call{.call = Call::kSetsockopt,
                  .fd = fd,
                  .length = length,
                  .flags = name,
                  .other = level,
                  .buffer = value};
  return Run<int>(call, [&] { return inner_->Setsockopt(fd, level, name, value, length); });
}

ssize_t SyscallsLayer::Recv(int fd, void* buffer, size_t length, int flags) {
  CallRecord call{
      .call = Call::kRecv, .fd = fd, .length = length, .flags = flags, .buffer = buffer};
  return Run<ssize_t>(call, [&] { return inner_->Recv(fd, buffer, call.length, flags); });
}

ssize_t SyscallsLayer::Send(int fd, const void* buffer, size_t length, int flags) {
  CallRecord call{
      .call = Call::kSend, .fd = fd, .length = length, .flags = flags, .buffer = buffer};
  return Run<ssize_t>(call, [&] { return inner_->Send(fd, buffer, call.length, flags); });
}

ssize_t SyscallsLayer::Recvmsg(int fd, msghdr* message, int flags) {
  const size_t count = message == nullptr ? 0 : message->msg_iovlen;
  const size_t bytes = message == nullptr ? 0 : SumOfParts(message->msg_iov, count);
  CallRecord call{.call = Call::kRecvmsg,
                  .fd = fd,
                  .length = bytes,
                  .flags = flags,
                  .other = static_cast<int>(count),
                  .buffer = message};
  return Run<ssize_t>(call, [&]() -> ssize_t {
    if (call.length >= bytes) return inner_->Recvmsg(fd, message, flags);
    CutParts cut(message->msg_iov, count, call.length);
    msghdr shorter = *message;
    shorter.msg_iov = cut.data();
    shorter.msg_iovlen = cut.count();
    const ssize_t result = inner_->Recvmsg(fd, &shorter, flags);
    message->msg_namelen = shorter.msg_namelen;
    message->msg_controllen = shorter.msg_controllen;
    message->msg_flags = shorter.msg_flags;
    return result;
  });
}

ssize_t SyscallsLayer::Sendmsg(int fd, const msghdr* message, int flags) {
  const size_t count = message == nullptr ? 0 : message->msg_iovlen;
  const size_t bytes = message == nullptr ? 0 : SumOfParts(message->msg_iov, count);
  CallRecord call{.call = Call::kSendmsg,
                  .fd = fd,
                  .length = bytes,
                  .flags = flags,
                  .other = static_cast<int>(count),
                  .buffer = message};
  return Run<ssize_t>(call, [&]() -> ssize_t {
    if (call.length >= bytes) return inner_->Sendmsg(fd, message, flags);
    CutParts cut(message->msg_iov, count, call.length);
    msghdr shorter = *message;
    shorter.msg_iov = cut.data();
    shorter.msg_iovlen = cut.count();
    return inner_->Sendmsg(fd, &shorter, flags);
  });
}

ssize_t SyscallsLayer::Read(int fd, void* buffer, size_t length) {
  CallRecord call{.call = Call::kRead, .fd = fd, .length = length, .buffer = buffer};
  return Run<ssize_t>(call, [&] { return inner_->Read(fd, buffer, call.length); });
}

ssize_t SyscallsLayer::Write(int fd, const void* buffer, size_t length) {
  CallRecord call{.call = Call::kWrite, .fd = fd, .length = length, .buffer = buffer};
  return Run<ssize_t>(call, [&] { return inner_->Write(fd, buffer, call.length); });
}

ssize_t SyscallsLayer::Readv(int fd, const iovec* parts, int count) {
  const size_t bytes = SumOfParts(parts, CountOfParts(count));
  CallRecord call{.call = Call::kReadv, .fd = fd, .length = bytes, .other = count, .buffer = parts};
  return Run<ssize_t>(call, [&]() -> ssize_t {
    if (call.length >= bytes) return inner_->Readv(fd, parts, count);
    CutParts cut(parts, CountOfParts(count), call.length);
    return inner_->Readv(fd, cut.data(), static_cast<int>(cut.count()));
  });
}

ssize_t SyscallsLayer::Writev(int fd, const iovec* parts, int count) {
  const size_t bytes = SumOfParts(parts, CountOfParts(count));
  CallRecord call{
      .call = Call::kWritev, .fd = fd, .length = bytes, .other = count, .buffer = parts};
  return Run<ssize_t>(call, [&]() -> ssize_t {
    if (call.length >= bytes) return inner_->Writev(fd, parts, count);
    CutParts cut(parts, CountOfParts(count), call.length);
    return inner_->Writev(fd, cut.data(), static_cast<int>(cut.count()));
  });
}

int SyscallsLayer::Close(int fd) {
  CallRecord call{.call = Call::kClose, .fd = fd};
  return Run<int>(call, [&] { return inner_->Close(fd); });
}

int SyscallsLayer::Fcntl(int fd, int command, long argument) {
  CallRecord call{
      .call = Call::kFcntl, .fd = fd, .length = static_cast<size_t>(argument), .flags = command};
  return Run<int>(call, [&] { return inner_->Fcntl(fd, command, argument); });
}

int SyscallsLayer::Ioctl(int fd, unsigned long request, void* argument) {
  CallRecord call{.call = Call::kIoctl, .fd = fd, .length = request, .buffer = argument};
  return Run<int>(call, [&] { return inner_->Ioctl(fd, request, argument); });
}

int SyscallsLayer::Dup(int fd) {
  CallRecord call{.call = Call::kDup, .fd = fd};
  return Run<int>(call, [&] { return inner_->Dup(fd); });
}

int SyscallsLayer::Dup3(int fd, int wanted, int flags) {
  CallRecord call{.call = Call::kDup3, .fd = fd, .flags = flags, .other = wanted};
  return Run<int>(call, [&] { return inner_->Dup3(fd, wanted, flags); });
}

int SyscallsLayer::Pipe2(int fds[2], int flags) {
  CallRecord call{.call = Call::kPipe2, .flags = flags, .buffer = fds};
  return Run<int>(call, [&] { return inner_->Pipe2(fds, flags); });
}

int SyscallsLayer::Select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
                          timeval* timeout) {
  SelectSets sets;
  fd_set* const given[3] = {readable, writable, exceptional};
  // No more than select itself reads: a set may be smaller than fd_set where count is small.
  const size_t bytes =
      count <= 0 ? 0 : (static_cast<size_t>(std::min(count, FD_SETSIZE)) + 63) / 64 * 8;
  for (int i = 0; i < 3; ++i) {
    sets.sets[i] = given[i];
    FD_ZERO(&sets.asked[i]);
    if (given[i] != nullptr) memcpy(&sets.asked[i], given[i], bytes);
  }
  CallRecord call{.call = Call::kSelect,
                  .length = static_cast<size_t>(count),
                  .other = Milliseconds(timeout),
                  .buffer = &sets,
                  .extra = timeout};
  return Run<int>(call,
                  [&] { return inner_->Select(count, readable, writable, exceptional, timeout); });
}

int SyscallsLayer::Poll(pollfd* fds, nfds_t count, int timeout_ms) {
  CallRecord call{.call = Call::kPoll, .length = count, .other = timeout_ms, .buffer = fds};
  return Run<int>(call, [&] { return inner_->Poll(fds, count, timeout_ms); });
}

int SyscallsLayer::EpollCreate1(int flags) {
  CallRecord call{.call = Call::kEpollCreate1, .flags = flags};
  return Run<int>(call, [&] { return inner_->EpollCreate1(flags); });
}

int SyscallsLayer::EpollCtl(int epfd, int operation, int fd, epoll_event* event) {
  CallRecord call{
      .call = Call::kEpollCtl, .fd = epfd, .flags = operation, .other = fd, .buffer = event};
  return Run<int>(call, [&] { return inner_->EpollCtl(epfd, operation, fd, event); });
}

int SyscallsLayer::EpollWait(int epfd, epoll_event* events, int max_events, int timeout_ms) {
  CallRecord call{.call = Call::kEpollWait,
                  .fd = epfd,
                  .length = static_cast<size_t>(max_events),
                  .other = timeout_ms,
                  .buffer = events};
  return Run<int>(call, [&] { return inner_->EpollWait(epfd, events, max_events, timeout_ms); });
}

int SyscallsLayer::Eventfd(unsigned initial, int flags) {
  CallRecord call{.call = Call::kEventfd, .length = initial, .flags = flags};
  return Run<int>(call, [&] { return inner_->Eventfd(initial, flags); });
}

int SyscallsLayer::TimerfdCreate(int clock, int flags) {
  CallRecord call{.call = Call::kTimerfdCreate, .flags = flags, .other = clock};
  return Run<int>(call, [&] { return inner_->TimerfdCreate(clock, flags); });
}

int SyscallsLayer::TimerfdSettime(int fd, int flags, const itimerspec* value, itimerspec* old) {
  CallRecord call{
      .call = Call::kTimerfdSettime, .fd = fd, .flags = flags, .buffer = value, .extra = old};
  return Run<int>(call, [&] { return inner_->TimerfdSettime(fd, flags, value, old); });
}

int SyscallsLayer::TimerfdGettime(int fd, itimerspec* value) {
  CallRecord call{.call = Call::kTimerfdGettime, .fd = fd, .buffer = value};
  return Run<int>(call, [&] { return inner_->TimerfdGettime(fd, value); });
}

int SyscallsLayer::ClockGettime(clockid_t clock, timespec* now) {
  CallRecord call{.call = Call::kClockGettime, .other = clock, .buffer = now};
  return Run<int>(call, [&] { return inner_->ClockGettime(clock, now); });
}

int SyscallsLayer::Nanosleep(const timespec* request, timespec* remaining) {
  CallRecord call{.call = Call::kNanosleep, .buffer = request, .extra = remaining};
  return Run<int>(call, [&] { return inner_->Nanosleep(request, remaining); });
}

int SyscallsLayer::Sigaction(int signal, const struct sigaction* action, struct sigaction* old) {
  CallRecord call{.call = Call::kSigaction, .other = signal, .buffer = action, .extra = old};
  return Run<int>(call, [&] { return inner_->Sigaction(signal, action, old); });
}

}  // namespace hupstorm
