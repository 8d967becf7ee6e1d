// libc's calls on descriptors that `Syscalls` has no method for. On a simulated descriptor they
// abort with their name: Linux would answer EBADF, and the server would be judged by that. See
// libc_shim.h.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "kernel/libc_shim.h"

using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

extern "C" {

ssize_t splice(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t length,
               unsigned flags) {
  RefuseIfSimulated("splice", in);
  RefuseIfSimulated("splice", out);
  return syscall(SYS_splice, in, in_offset, out, out_offset, length, flags);
}

ssize_t tee(int in, int out, size_t length, unsigned flags) {
  RefuseIfSimulated("tee", in);
  RefuseIfSimulated("tee", out);
  return syscall(SYS_tee, in, out, length, flags);
}

ssize_t vmsplice(int fd, const iovec* parts, size_t count, unsigned flags) {
  RefuseIfSimulated("vmsplice", fd);
  return syscall(SYS_vmsplice, fd, parts, count, flags);
}

int close_range(unsigned first, unsigned last, int flags) noexcept {
  RefuseIfSimulated("close_range", static_cast<int>(std::min<unsigned>(last, INT_MAX)));
  return static_cast<int>(syscall(SYS_close_range, first, last, flags));
}

void closefrom(int first) noexcept {
  RefuseIfSimulated("closefrom", INT_MAX);
  syscall(SYS_close_range, static_cast<unsigned>(std::max(first, 0)), UINT_MAX, 0);
}

int fstat64(int fd, struct stat64* status) noexcept {
  RefuseIfSimulated("fstat", fd);
  return static_cast<int>(syscall(SYS_fstat, fd, status));
}

int fstat(int fd, struct stat* status) noexcept {
  RefuseIfSimulated("fstat", fd);
  return static_cast<int>(syscall(SYS_fstat, fd, status));
}

}  // extern "C"
