// The server's end: a `Syscalls` that asks the driver about every call, and carries out the system
// calls that the driver wants made in this process.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_AGENT_H_
#define HUPSTORM_KERNEL_LINUX_HELD_AGENT_H_

#include <cstdint>
#include <string_view>

#include "kernel/host_kernel.h"
#include "kernel/linux/held/connection.h"
#include "kernel/syscalls.h"

namespace hupstorm::held {

// Signals are blocked while the driver has a call, and let in when the driver says so or when the
// call returns: their handlers run as the server. If the driver is gone the process ends. Calls
// that the driver need not be asked about (Freedom) are made at once, and noted for it.
class Agent final : public Syscalls {
 public:
  // The kernel's own form: libc's sigset_t is larger than what the system call takes.
  using SignalSet = uint64_t;

  // `memory` must outlive the agent. `linked`: the server is linked to the executable that has the
  // agent, and is called by the function which has made it.
  Agent(SharedMemory& memory, int socket, bool linked = false)
      : memory_(memory), line_(socket), linked_(linked) {}

  void Make(SystemCall& call) override;

  // How serve() has ended. The driver decides what becomes of the process.
  void ReportReturn();
  void ReportException(std::string_view what);

 private:
  void MakeHeld(SystemCall& call);
  // Gives the call to the driver, and does what it is told to until the call has a result. False if
  // the process ends (Frame::exit_status) and the driver has let it go without one. `moved`: the
  // call, with its memory where the driver sees it; `mask`: the server's.
  bool AwaitAnswer(SystemCall& call, CallMemory& moved, SignalSet mask);
  // The server's clocks have stood still in the call that ends now, if they do.
  void SetClockBack();
  // Carries out an order. True if the server is to go on with its result.
  bool Execute(Turn turn, CallMemory& moved);
  // Makes a call without asking, and notes it; see Notes. False, and nothing is done, if the driver
  // has to be asked.
  bool MakeAlone(SystemCall& call);

  SharedMemory& memory_;
  Line line_;
  const bool linked_;
  HostKernel linux_;
  int calls_under_way_ = 0;  // a handler's call may come within another
  int arena_ = 0;
  int64_t asked_ns_ = 0;  // by Linux's clock: when the server last ran before the driver was asked
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_AGENT_H_
