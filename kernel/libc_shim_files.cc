// libc's calls on descriptors of any kind: bytes, close, duplicates, pipes. See libc_shim.h.

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <climits>
#include <cstdarg>

#include "kernel/libc_shim.h"

using hupstorm::Call;
using hupstorm::HarnessScope;
using hupstorm::in_force;
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

ssize_t splice(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t length,
               unsigned flags) {
  return Dispatch<Call::kSplice>(in, in_offset, out, out_offset, length, flags);
}

ssize_t tee(int in, int out, size_t length, unsigned flags) {
  return Dispatch<Call::kTee>(in, out, length, flags);
}

int close(int fd) { return Dispatch<Call::kClose>(fd); }

// Of descriptors that are Linux's too, the server does not know which are its own and which are the
// harness': those stay open.
int close_range(unsigned first, unsigned last, int flags) noexcept {
  if (!IsServersCall()) return static_cast<int>(syscall(SYS_close_range, first, last, flags));
  if (first > last || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0) {
    errno = EINVAL;
    return -1;
  }
  const auto next = [&](unsigned from) {
    HarnessScope harness;
    return from > INT_MAX ? -1 : in_force.syscalls->NextDescriptor(static_cast<int>(from));
  };
  int fd = next(first);
  if (fd == hupstorm::Syscalls::StandIn::kNone) {
    RefuseIfSimulated("close_range", static_cast<int>(std::min<unsigned>(last, INT_MAX)));
    return static_cast<int>(syscall(SYS_close_range, first, last, flags));
  }
  for (; fd >= 0 && static_cast<unsigned>(fd) <= last; fd = next(static_cast<unsigned>(fd) + 1)) {
    SystemCall call = (flags & CLOSE_RANGE_CLOEXEC) != 0
                          ? NewCall<Call::kFcntl>(fd, F_SETFD, FD_CLOEXEC)
                          : NewCall<Call::kClose>(fd);
    MakeNothrow(call);
  }
  return 0;
}

void closefrom(int first) noexcept {
  close_range(static_cast<unsigned>(std::max(first, 0)), UINT_MAX, 0);
}

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
