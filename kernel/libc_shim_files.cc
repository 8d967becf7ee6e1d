// libc's calls on descriptors of any kind: bytes, close, duplicates, pipes. See libc_shim.h.

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <cstdarg>

#include "kernel/libc_shim.h"

using hupstorm::Call;
using hupstorm::NewCall;
using hupstorm::SystemCall;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

extern "C" {

ssize_t read(int fd, void* buffer, size_t length) {
  return Dispatch<Call::kRead>(fd, buffer, length);
}

ssize_t write(int fd, const void* buffer, size_t length) {
  return Dispatch<Call::kWrite>(fd, buffer, length);
}

ssize_t readv(int fd, const iovec* parts, int count) {
  return Dispatch<Call::kReadv>(fd, parts, count);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  return Dispatch<Call::kWritev>(fd, parts, count);
}

// Under names of their own, as a run may end while the server sleeps in one and <sys/sendfile.h>
// would make them noexcept.
ssize_t SendFile(int out, int in, off_t* offset, size_t count) __asm__("sendfile");
ssize_t SendFile(int out, int in, off_t* offset, size_t count) {
  return Dispatch<Call::kSendfile>(out, in, offset, count);
}

ssize_t SendFile64(int out, int in, off64_t* offset, size_t count) __asm__("sendfile64");
ssize_t SendFile64(int out, int in, off64_t* offset, size_t count) {
  return SendFile(out, in, offset, count);
}

int close(int fd) { return Dispatch<Call::kClose>(fd); }

// fcntl's argument is an int, a pointer or absent, by command. All pass through a register of 64
// bits: an int's upper half is whatever was there, and Linux looks at the lower half alone.
int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  return Dispatch<Call::kFcntl>(fd, command, argument);
}

int fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));

int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return Dispatch<Call::kIoctl>(fd, request, argument);
}

int dup(int fd) noexcept { return Dispatch<Call::kDup>(fd); }

int dup3(int fd, int wanted, int flags) noexcept {
  return Dispatch<Call::kDup3>(fd, wanted, flags);
}

// dup3 refuses equal descriptors; dup2 only asks whether there is one.
int dup2(int fd, int wanted) noexcept {
  if (fd != wanted) return dup3(fd, wanted, 0);
  SystemCall look = NewCall<Call::kFcntl>(fd, F_GETFD, 0);
  return MakeNothrow(look) == -1 ? -1 : fd;
}

int pipe2(int fds[2], int flags) noexcept { return Dispatch<Call::kPipe2>(fds, flags); }

int pipe(int fds[2]) noexcept {
  if (IsFromSanitizer(__builtin_return_address(0))) {
    return static_cast<int>(syscall(SYS_pipe2, fds, 0));
  }
  return pipe2(fds, 0);
}

int eventfd(unsigned initial, int flags) noexcept {
  return Dispatch<Call::kEventfd>(initial, flags);
}

int eventfd_read(int fd, eventfd_t* value) {
  return read(fd, value, sizeof(*value)) == sizeof(*value) ? 0 : -1;
}

int eventfd_write(int fd, eventfd_t value) {
  return write(fd, &value, sizeof(value)) == sizeof(value) ? 0 : -1;
}

}  // extern "C"
