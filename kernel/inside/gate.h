// The `Syscalls` in force in a program that runs on the simulated kernel in its own process. TCP,
// and what event loops wait for, goes there; all else is Linux's: files, devices, sockets of other
// kinds, the clocks of processors.

#ifndef HUPSTORM_KERNEL_INSIDE_GATE_H_
#define HUPSTORM_KERNEL_INSIDE_GATE_H_

#include "kernel/host_kernel.h"
#include "kernel/inside/call_coverage.h"
#include "kernel/inside/threads/scheduler.h"
#include "kernel/simulated/simulated_kernel.h"
#include "kernel/syscalls.h"

namespace hupstorm::inside {

class Gate final : public Syscalls {
 public:
  // Must outlive it.
  explicit Gate(SimulatedKernel& kernel) : kernel_(kernel), top_(&kernel) {}

  // What is simulated goes to `top` first: the layers over the kernel.
  void set_top(Syscalls& top) { top_ = &top; }
  // Hears of each call that has been made; null: nobody.
  void set_scheduler(Scheduler* scheduler) { scheduler_ = scheduler; }
  // Counts what calls are like; null: nobody.
  void set_coverage(CallCoverage* coverage) { coverage_ = coverage; }

  // On the harness' stack.
  void Make(SystemCall& call) override;
  bool Simulates(int fd) const override { return kernel_.Simulates(fd); }
  StandIn OpenStandIn(int fd) const override { return kernel_.OpenStandIn(fd); }
  int NextDescriptor(int from) const override { return kernel_.NextDescriptor(from); }

 private:
  SimulatedKernel& kernel_;
  Syscalls* top_;
  Scheduler* scheduler_ = nullptr;
  CallCoverage* coverage_ = nullptr;
  HostKernel linux_;
};

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_GATE_H_
