// libc's socket calls. See libc_shim.h.

#include <sys/socket.h>

#include "kernel/libc_shim.h"

using hupstorm::Syscalls;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

extern "C" {

int socket(int domain, int type, int protocol) noexcept {
  return DispatchNothrow("socket", [&](Syscalls& k) { return k.Socket(domain, type, protocol); });
}

int socketpair(int domain, int type, int protocol, int fds[2]) noexcept {
  KernelWrites(fds, 2 * sizeof(int));
  return DispatchNothrow("socketpair",
                         [&](Syscalls& k) { return k.Socketpair(domain, type, protocol, fds); });
}

int bind(int fd, const sockaddr* address, socklen_t length) noexcept {
  KernelReads(address, length);
  return DispatchNothrow("bind", [&](Syscalls& k) { return k.Bind(fd, address, length); });
}

int listen(int fd, int backlog) noexcept {
  return DispatchNothrow("listen", [&](Syscalls& k) { return k.Listen(fd, backlog); });
}

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  KernelWritesAddress(address, length);
  return DispatchReceive([&](Syscalls& k) { return k.Accept4(fd, address, length, flags); });
}

int accept(int fd, sockaddr* address, socklen_t* length) { return accept4(fd, address, length, 0); }

int connect(int fd, const sockaddr* address, socklen_t length) {
  KernelReads(address, length);
  return DispatchSend([&](Syscalls& k) { return k.Connect(fd, address, length); });
}

int shutdown(int fd, int how) noexcept {
  BeforeSending();
  return DispatchNothrow("shutdown", [&](Syscalls& k) { return k.Shutdown(fd, how); });
}

int getsockname(int fd, sockaddr* address, socklen_t* length) noexcept {
  KernelWritesAddress(address, length);
  return DispatchNothrow("getsockname",
                         [&](Syscalls& k) { return k.Getsockname(fd, address, length); });
}

int getpeername(int fd, sockaddr* address, socklen_t* length) noexcept {
  KernelWritesAddress(address, length);
  return DispatchNothrow("getpeername",
                         [&](Syscalls& k) { return k.Getpeername(fd, address, length); });
}

int getsockopt(int fd, int level, int name, void* value, socklen_t* length) noexcept {
  if (value != nullptr && length != nullptr) KernelWrites(value, *length);
  return DispatchNothrow("getsockopt",
                         [&](Syscalls& k) { return k.Getsockopt(fd, level, name, value, length); });
}

int setsockopt(int fd, int level, int name, const void* value, socklen_t length) noexcept {
  KernelReads(value, length);
  return DispatchNothrow("setsockopt",
                         [&](Syscalls& k) { return k.Setsockopt(fd, level, name, value, length); });
}

ssize_t recv(int fd, void* buffer, size_t length, int flags) {
  KernelWrites(buffer, length);
  return DispatchReceive([&](Syscalls& k) { return k.Recv(fd, buffer, length, flags); });
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  if (message != nullptr) {
    KernelWrites(message, sizeof(*message));
    KernelWrites(message->msg_name, message->msg_namelen);
    KernelWritesParts(message->msg_iov, message->msg_iovlen);
    KernelWrites(message->msg_control, message->msg_controllen);
  }
  return DispatchReceive([&](Syscalls& k) { return k.Recvmsg(fd, message, flags); });
}

// Where the sender is asked for, recvfrom is recvmsg with one part.
ssize_t recvfrom(int fd, void* buffer, size_t length, int flags, sockaddr* address,
                 socklen_t* address_length) {
  if (address == nullptr) return recv(fd, buffer, length, flags);
  KernelWrites(buffer, length);
  KernelWritesAddress(address, address_length);
  if (!IsServersCall()) {
    return syscall(SYS_recvfrom, fd, buffer, length, flags, address, address_length);
  }
  iovec part{buffer, length};
  msghdr message{};
  message.msg_name = address;
  message.msg_namelen = *address_length;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const ssize_t result = HandOver([&](Syscalls& k) { return k.Recvmsg(fd, &message, flags); });
  if (result >= 0) *address_length = message.msg_namelen;
  return result;
}

ssize_t send(int fd, const void* buffer, size_t length, int flags) {
  KernelReads(buffer, length);
  return DispatchSend([&](Syscalls& k) { return k.Send(fd, buffer, length, flags); });
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  if (message != nullptr) {
    KernelReads(message, sizeof(*message));
    KernelReads(message->msg_name, message->msg_namelen);
    KernelReadsParts(message->msg_iov, message->msg_iovlen);
    KernelReads(message->msg_control, message->msg_controllen);
  }
  return DispatchSend([&](Syscalls& k) { return k.Sendmsg(fd, message, flags); });
}

// Where a destination is given, sendto is sendmsg with one part.
ssize_t sendto(int fd, const void* buffer, size_t length, int flags, const sockaddr* address,
               socklen_t address_length) {
  if (address == nullptr) return send(fd, buffer, length, flags);
  KernelReads(buffer, length);
  KernelReads(address, address_length);
  if (!IsServersCall()) {
    return syscall(SYS_sendto, fd, buffer, length, flags, address, address_length);
  }
  iovec part{const_cast<void*>(buffer), length};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(address);
  message.msg_namelen = address_length;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return HandOver([&](Syscalls& k) { return k.Sendmsg(fd, &message, flags); });
}

}  // extern "C"
