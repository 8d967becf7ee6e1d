// libc's socket calls. See libc_shim.h.

#include <sys/socket.h>

#include "kernel/libc_shim.h"
#include "kernel/user_memory.h"

using hupstorm::Call;
using hupstorm::CopyIn;
using hupstorm::CopyOut;
using hupstorm::NewCall;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

extern "C" {

int socket(int domain, int type, int protocol) noexcept {
  return Dispatch<Call::kSocket>(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int fds[2]) noexcept {
  return Dispatch<Call::kSocketpair>(domain, type, protocol, fds);
}

int bind(int fd, const sockaddr* address, socklen_t length) noexcept {
  return Dispatch<Call::kBind>(fd, address, length);
}

int listen(int fd, int backlog) noexcept { return Dispatch<Call::kListen>(fd, backlog); }

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  return Dispatch<Call::kAccept>(fd, address, length, flags);
}

int accept(int fd, sockaddr* address, socklen_t* length) { return accept4(fd, address, length, 0); }

int connect(int fd, const sockaddr* address, socklen_t length) {
  return Dispatch<Call::kConnect>(fd, address, length);
}

int shutdown(int fd, int how) noexcept { return Dispatch<Call::kShutdown>(fd, how); }

int getsockname(int fd, sockaddr* address, socklen_t* length) noexcept {
  return Dispatch<Call::kGetsockname>(fd, address, length);
}

int getpeername(int fd, sockaddr* address, socklen_t* length) noexcept {
  return Dispatch<Call::kGetpeername>(fd, address, length);
}

int getsockopt(int fd, int level, int name, void* value, socklen_t* length) noexcept {
  return Dispatch<Call::kGetsockopt>(fd, level, name, value, length);
}

int setsockopt(int fd, int level, int name, const void* value, socklen_t length) noexcept {
  return Dispatch<Call::kSetsockopt>(fd, level, name, value, length);
}

ssize_t recv(int fd, void* buffer, size_t length, int flags) {
  return Dispatch<Call::kRecv>(fd, buffer, length, flags);
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  return Dispatch<Call::kRecvmsg>(fd, message, flags);
}

// If the sender is asked for, recvfrom is recvmsg with one part.
ssize_t recvfrom(int fd, void* buffer, size_t length, int flags, sockaddr* address,
                 socklen_t* address_length) {
  if (address == nullptr) return recv(fd, buffer, length, flags);
  socklen_t room = 0;
  if (!CopyIn(&room, address_length)) {
    errno = EFAULT;
    return -1;
  }
  iovec part{buffer, length};
  msghdr message{};
  message.msg_name = address;
  message.msg_namelen = room;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!IsServersCall()) {
    CheckMemory(NewCall<Call::kRecvmsg>(fd, &message, flags));
    return syscall(SYS_recvfrom, fd, buffer, length, flags, address, address_length);
  }
  const ssize_t result = recvmsg(fd, &message, flags);
  if (result >= 0 && !CopyOut(address_length, message.msg_namelen)) {
    errno = EFAULT;
    return -1;
  }
  return result;
}

ssize_t send(int fd, const void* buffer, size_t length, int flags) {
  return Dispatch<Call::kSend>(fd, buffer, length, flags);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  return Dispatch<Call::kSendmsg>(fd, message, flags);
}

int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  return Dispatch<Call::kRecvmmsg>(fd, messages, count, flags, timeout);
}

int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  return Dispatch<Call::kSendmmsg>(fd, messages, count, flags);
}

// If a destination is given, sendto is sendmsg with one part.
ssize_t sendto(int fd, const void* buffer, size_t length, int flags, const sockaddr* address,
               socklen_t address_length) {
  if (address == nullptr) return send(fd, buffer, length, flags);
  iovec part{const_cast<void*>(buffer), length};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(address);
  message.msg_namelen = address_length;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!IsServersCall()) {
    CheckMemory(NewCall<Call::kSendmsg>(fd, &message, flags));
    return syscall(SYS_sendto, fd, buffer, length, flags, address, address_length);
  }
  return sendmsg(fd, &message, flags);
}

}  // extern "C"
