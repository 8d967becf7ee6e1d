// The forms that _FORTIFY_SOURCE turns calls into if the compiler knows the buffer's size. See
// libc_shim.h. The other symbol of that kind, __fdelt_chk, touches no descriptor and stays libc's.

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/libc_shim.h"

extern "C" {

// glibc's: "*** buffer overflow detected ***", and the process ends.
[[noreturn]] void __chk_fail();

ssize_t __read_chk(int fd, void* buffer, size_t length, size_t buffer_size) {
  if (length > buffer_size) __chk_fail();
  return read(fd, buffer, length);
}

ssize_t __recv_chk(int fd, void* buffer, size_t length, size_t buffer_size, int flags) {
  if (length > buffer_size) __chk_fail();
  return recv(fd, buffer, length, flags);
}

ssize_t __recvfrom_chk(int fd, void* buffer, size_t length, size_t buffer_size, int flags,
                       sockaddr* address, socklen_t* address_length) {
  if (length > buffer_size) __chk_fail();
  return recvfrom(fd, buffer, length, flags, address, address_length);
}

int __poll_chk(pollfd* fds, nfds_t count, int timeout_ms, size_t fds_bytes) {
  if (fds_bytes / sizeof(*fds) < count) __chk_fail();
  return poll(fds, count, timeout_ms);
}

int __ppoll_chk(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask,
                size_t fds_bytes) {
  if (fds_bytes / sizeof(*fds) < count) __chk_fail();
  return ppoll(fds, count, timeout, mask);
}

}  // extern "C"
