// Linux itself, for x86-64, behind `Syscalls`.
//
// Every call is a raw system call. libc's own wrappers must not be used here: in an executable that
// links the shim their names lead back to the shim. A raw call is no cancellation point either,
// which a server that is driven by scenarios has no use for.

#ifndef HUPSTORM_KERNEL_HOST_KERNEL_H_
#define HUPSTORM_KERNEL_HOST_KERNEL_H_

#include "kernel/syscalls.h"

namespace hupstorm {

class HostKernel final : public Syscalls {
 public:
  void Make(SystemCall& call) override;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_HOST_KERNEL_H_
