#include "kernel/user_memory.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace hupstorm::internal {
namespace {

// Not for a program, whatever is mapped there: mmap_min_addr, and the half of the kernel.
constexpr uintptr_t kLowest = 0x10000;
constexpr uintptr_t kEnd = (uintptr_t{1} << 47) - 4096;

// A byte of this process, carried there or back. True if it can be, and if Linux does not say: a
// sandbox may forbid the call.
bool Carry(long number, void* local, uintptr_t address) {
  const iovec here = {.iov_base = local, .iov_len = 1};
  const iovec there = {.iov_base = reinterpret_cast<void*>(address), .iov_len = 1};
  const long carried = syscall(number, syscall(SYS_getpid), &here, 1L, &there, 1L, 0L);
  return carried == 1 || errno != EFAULT;
}

}  // namespace

std::atomic<uint64_t> known_pages[kKnownPages];

bool ProbePage(uintptr_t address, Access access) {
  if (address < kLowest || address >= kEnd) return false;
  const int former_errno = errno;
  char byte = 0;
  bool found = Carry(SYS_process_vm_readv, &byte, address);
  if (found && access == Access::kWrite) found = Carry(SYS_process_vm_writev, &byte, address);
  errno = former_errno;
  if (!found) return false;
  const uint64_t page = address >> kPageBits;
  const uint64_t writes = access == Access::kWrite ? 1 : 0;
  known_pages[page % kKnownPages].store((page + 1) << 1 | writes, std::memory_order_relaxed);
  return true;
}

}  // namespace hupstorm::internal
