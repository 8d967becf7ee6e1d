// libc's calls on descriptors that `Syscalls` has no method for. On a simulated descriptor they
// abort with their name: Linux would answer EBADF, and the server would be judged by that. See
// libc_shim.h.

#include <fcntl.h>
#include <unistd.h>

#include "kernel/libc_shim.h"

using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

extern "C" {

ssize_t vmsplice(int fd, const iovec* parts, size_t count, unsigned flags) {
  RefuseIfSimulated("vmsplice", fd);
  return syscall(SYS_vmsplice, fd, parts, count, flags);
}

}  // extern "C"
