// The `Syscalls` in force on every thread of a process that has the preload library. If a driver
// has started the process, calls that the driver wants to see go to the thread's agent, which lets
// the driver answer them. All other calls go straight to Linux.

#ifndef HUPSTORM_KERNEL_LINUX_PRELOAD_GATE_H_
#define HUPSTORM_KERNEL_LINUX_PRELOAD_GATE_H_

#include "kernel/host_kernel.h"
#include "kernel/linux/preload/interest.h"
#include "kernel/syscalls.h"

namespace hupstorm::preload {

class Gate final : public Syscalls {
 public:
  constexpr Gate() = default;

  // In a child that was forked from a server's process.
  void StartAnew() { interest_.ForgetClosed(); }

  void Make(SystemCall& call) override;

 private:
  void Pass(SystemCall& call);
  bool IsForDriver(const SystemCall& call);
  void Learn(const SystemCall& call);
  void ReadClock(SystemCall& call);

  HostKernel linux_;
  Interest interest_;
};

}  // namespace hupstorm::preload

#endif  // HUPSTORM_KERNEL_LINUX_PRELOAD_GATE_H_
