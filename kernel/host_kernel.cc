#include "kernel/host_kernel.h"

#include <unistd.h>

// glibc's sigaction under its second public name (GLIBC_2.2.5), which nothing interposes. The raw
// rt_sigaction would need a signal return trampoline of our own, and debuggers and unwinders know
// glibc's.
extern "C" int __sigaction(int signal, const struct sigaction* action, struct sigaction* old);

namespace hupstorm {

void HostKernel::Make(SystemCall& call) {
  const auto& a = call.arguments;
  if (call.call == Call::kSigaction) {
    call.result = __sigaction(call.Int(0), call.Pointer<struct sigaction>(1),
                              call.Pointer<struct sigaction>(2));
  } else {
    // recvfrom and sendto get null for the addresses that recv and send do not have.
    call.result = syscall(RowOf(call.call).number, a[0], a[1], a[2], a[3], a[4], a[5]);
  }
  call.error = call.result == -1 ? errno : 0;
}

}  // namespace hupstorm
