// Which `Syscalls` is in force on this thread. The libc shim asks here at every call.

#ifndef HUPSTORM_KERNEL_IN_FORCE_H_
#define HUPSTORM_KERNEL_IN_FORCE_H_

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
// Nests; the former state comes back on destruction, by exception too.
class ServerScope {
 public:
  explicit ServerScope(Syscalls& syscalls) : former_(in_force) {
    in_force = {.syscalls = &syscalls, .in_server = true, .wait_mask = nullptr};
  }
  ~ServerScope() { in_force = former_; }
  ServerScope(const ServerScope&) = delete;
  ServerScope& operator=(const ServerScope&) = delete;

 private:
  InForce former_;
};

// Marks the harness' own code for the life of the object, and the server's again afterwards. The
// shim holds one through each call that it hands over.
class HarnessScope {
 public:
  HarnessScope() : former_(in_force.in_server) { in_force.in_server = false; }
  ~HarnessScope() { in_force.in_server = former_; }
  HarnessScope(const HarnessScope&) = delete;
  HarnessScope& operator=(const HarnessScope&) = delete;

 private:
  bool former_;
};

// Sets InForce::wait_mask for the life of the object.
class WaitMaskScope {
 public:
  explicit WaitMaskScope(const sigset_t* mask) : former_(in_force.wait_mask) {
    in_force.wait_mask = mask;
  }
  ~WaitMaskScope() { in_force.wait_mask = former_; }
  WaitMaskScope(const WaitMaskScope&) = delete;
  WaitMaskScope& operator=(const WaitMaskScope&) = delete;

 private:
  const sigset_t* former_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_IN_FORCE_H_
