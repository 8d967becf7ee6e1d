// libc's calls on descriptors of any kind: bytes, close, duplicates, pipes. See libc_shim.h.

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdarg>

#include "kernel/libc_shim.h"

using hupstorm::Syscalls;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

namespace {

// fcntl's argument is an int, a pointer or absent, by command. All pass through a register of 64
// bits: an int's upper half is whatever was there, and Linux looks at the lower half alone.
int Fcntl(int fd, int command, long argument) {
  return Dispatch([&](Syscalls& k) { return k.Fcntl(fd, command, argument); });
}

}  // namespace

extern "C" {

ssize_t read(int fd, void* buffer, size_t length) {
  KernelWrites(buffer, length);
  return DispatchReceive([&](Syscalls& k) { return k.Read(fd, buffer, length); });
}

ssize_t write(int fd, const void* buffer, size_t length) {
  KernelReads(buffer, length);
  return DispatchSend([&](Syscalls& k) { return k.Write(fd, buffer, length); });
}

ssize_t readv(int fd, const iovec* parts, int count) {
  if (count > 0) KernelWritesParts(parts, static_cast<size_t>(count));
  return DispatchReceive([&](Syscalls& k) { return k.Readv(fd, parts, count); });
}

ssize_t writev(int fd, const iovec* parts, int count) {
  if (count > 0) KernelReadsParts(parts, static_cast<size_t>(count));
  return DispatchSend([&](Syscalls& k) { return k.Writev(fd, parts, count); });
}

int close(int fd) {
  return DispatchSend([&](Syscalls& k) { return k.Close(fd); });
}

int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  return Fcntl(fd, command, argument);
}

int fcntl64(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  return Fcntl(fd, command, argument);
}

int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return DispatchNothrow("ioctl", [&](Syscalls& k) { return k.Ioctl(fd, request, argument); });
}

int dup(int fd) noexcept {
  return DispatchNothrow("dup", [&](Syscalls& k) { return k.Dup(fd); });
}

int dup3(int fd, int wanted, int flags) noexcept {
  return DispatchNothrow("dup3", [&](Syscalls& k) { return k.Dup3(fd, wanted, flags); });
}

// dup3 refuses equal descriptors, where dup2 only asks whether there is one.
int dup2(int fd, int wanted) noexcept {
  return DispatchNothrow("dup2", [&](Syscalls& k) {
    if (fd != wanted) return k.Dup3(fd, wanted, 0);
    return k.Fcntl(fd, F_GETFD, 0) == -1 ? -1 : fd;
  });
}

int pipe2(int fds[2], int flags) noexcept {
  KernelWrites(fds, 2 * sizeof(int));
  return DispatchNothrow("pipe2", [&](Syscalls& k) { return k.Pipe2(fds, flags); });
}

int pipe(int fds[2]) noexcept {
  if (IsFromSanitizer(__builtin_return_address(0))) {
    return static_cast<int>(syscall(SYS_pipe2, fds, 0));
  }
  KernelWrites(fds, 2 * sizeof(int));
  return DispatchNothrow("pipe", [&](Syscalls& k) { return k.Pipe2(fds, 0); });
}

int eventfd(unsigned initial, int flags) noexcept {
  return DispatchNothrow("eventfd", [&](Syscalls& k) { return k.Eventfd(initial, flags); });
}

int eventfd_read(int fd, eventfd_t* value) {
  return read(fd, value, sizeof(*value)) == sizeof(*value) ? 0 : -1;
}

int eventfd_write(int fd, eventfd_t value) {
  return write(fd, &value, sizeof(value)) == sizeof(value) ? 0 : -1;
}

}  // extern "C"
