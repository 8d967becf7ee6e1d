// The `Syscalls` in force on every thread of a foreign server that was started with the preload
// library. A call that the driver wants to see goes to this thread's agent, which holds it there;
// any other goes straight to Linux. In a process that nobody drives, all do.

#ifndef HUPSTORM_KERNEL_LINUX_PRELOAD_GATE_H_
#define HUPSTORM_KERNEL_LINUX_PRELOAD_GATE_H_

#include "kernel/host_kernel.h"
#include "kernel/linux/held/raw_syscalls.h"
#include "kernel/linux/preload/interest.h"

namespace hupstorm::preload {

class Gate final : public remote::RawSyscalls<Syscalls> {
 public:
  constexpr Gate() = default;

  // In a child that was forked from a server's process.
  void StartAnew();

 protected:
  int64_t Carry(const remote::RawCall& call) override;

 private:
  int64_t Pass(const remote::RawCall& call);
  bool IsForDriver(const remote::RawCall& call);
  void Learn(const remote::RawCall& call, int64_t result);
  int64_t ReadClock(const remote::RawCall& call);

  HostKernel linux_;
  Interest interest_;
};

}  // namespace hupstorm::preload

#endif  // HUPSTORM_KERNEL_LINUX_PRELOAD_GATE_H_
