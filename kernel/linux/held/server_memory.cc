#include "kernel/linux/held/server_memory.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>

namespace hupstorm::held {
namespace {

// One transfer within this process, up to the first page that is not there. Raw, as the server's
// errno is to stay as it is. Where Linux lets nobody make the call, the memory is taken to be good.
size_t Transfer(long number, void* here, const void* there, size_t size) {
  const int former_errno = errno;
  size_t done = 0;
  while (done < size) {
    iovec ours = {static_cast<std::byte*>(here) + done, size - done};
    iovec servers = {static_cast<std::byte*>(const_cast<void*>(there)) + done, size - done};
    const long count = syscall(number, syscall(SYS_getpid), &ours, 1L, &servers, 1L, 0L);
    if (count > 0) {
      done += static_cast<size_t>(count);
      continue;
    }
    if (count == 0 || errno == EFAULT) break;
    number == SYS_process_vm_readv ? std::memcpy(ours.iov_base, servers.iov_base, size - done)
                                   : std::memcpy(servers.iov_base, ours.iov_base, size - done);
    done = size;
  }
  errno = former_errno;
  return done;
}

}  // namespace

size_t CopyFromServer(void* to, const void* from, size_t size) {
  return Transfer(SYS_process_vm_readv, to, from, size);
}

bool CopyToServer(void* to, const void* from, size_t size) {
  return Transfer(SYS_process_vm_writev, const_cast<void*>(from), to, size) == size;
}

}  // namespace hupstorm::held
