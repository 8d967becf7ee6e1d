// The `Syscalls` in force on every thread of a third-party server that was started with the preload
// library. A call that the driver wants to see goes to this thread's agent, which holds it there;
// any other goes straight to Linux. In a process that nobody drives, all do.

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
  void StartAnew();

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
