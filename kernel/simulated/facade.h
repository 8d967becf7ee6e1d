// What the files that implement SimulatedKernel's methods share.

#ifndef HUPSTORM_KERNEL_SIMULATED_FACADE_H_
#define HUPSTORM_KERNEL_SIMULATED_FACADE_H_

#include <errno.h>
#include <sys/types.h>

#include "kernel/simulated/simulated_kernel.h"
#include "kernel/simulated/state.h"

namespace hupstorm {

struct SimulatedKernel::State : simulated::Kernel {
  using simulated::Kernel::Kernel;
};

namespace simulated {

inline bool IsHost(int fd) { return fd < SimulatedKernel::kFirstDescriptor; }

// A negative errno as the caller of a system call gets it.
inline ssize_t Result(ssize_t result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}
inline int Result(int result) { return static_cast<int>(Result(static_cast<ssize_t>(result))); }

// Gives `object` the lowest free descriptor, which must exist.
int InstallLowest(Kernel& kernel, Object& object, bool close_on_exec);

// What SO_SNDBUF and SO_RCVBUF become when a server asks for `wanted` bytes.
int SendBufferFor(int wanted);
int ReceiveBufferFor(int wanted);

}  // namespace simulated
}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_SIMULATED_FACADE_H_
