// Which `Syscalls` is in force on this thread. The libc shim asks here at every call.

#ifndef HUPSTORM_KERNEL_IN_FORCE_H_
#define HUPSTORM_KERNEL_IN_FORCE_H_

#include "base/scoped_value.h"
#include "kernel/syscalls.h"

namespace hupstorm {

// Per thread. `in_server` is true while the server's own code runs, false while the harness runs on
// the same stack, inside one of the server's calls: the harness' own libc calls and allocations go
// straight to Linux and are not counted as the server's.
struct InForce {
  Syscalls* syscalls = nullptr;
  bool in_server = false;
  // The mask that the wait under way is made with (ppoll, pselect, epoll_pwait); null for the
  // thread's own. A simulated kernel has no use for it: there a signal comes between two calls of
  // the server, or inside one.
  const sigset_t* wait_mask = nullptr;
};
// Initial-exec: malloc asks too, and must not come to __tls_get_addr, which may call malloc.
[[gnu::tls_model("initial-exec")]] extern thread_local constinit InForce in_force;

// Puts `syscalls` in force on this thread for the life of the object: what runs now is the server.
class ServerScope : ScopedValue<InForce> {
 public:
  explicit ServerScope(Syscalls& syscalls)
      : ScopedValue(in_force, {.syscalls = &syscalls, .in_server = true, .wait_mask = nullptr}) {}
};

// Marks the harness' own code for the life of the object, and the server's again afterwards. The
// shim holds one through each call that it hands over.
class HarnessScope : ScopedValue<bool> {
 public:
  HarnessScope() : ScopedValue(in_force.in_server, false) {}
};

// Sets InForce::wait_mask for the life of the object.
class WaitMaskScope : ScopedValue<const sigset_t*> {
 public:
  explicit WaitMaskScope(const sigset_t* mask) : ScopedValue(in_force.wait_mask, mask) {}
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_IN_FORCE_H_
