// Kernels to put in force in tests of the shim.

#ifndef HUPSTORM_TESTS_KERNEL_LAYERS_SHIM_TEST_KERNELS_H_
#define HUPSTORM_TESTS_KERNEL_LAYERS_SHIM_TEST_KERNELS_H_

#include <unistd.h>

#include <vector>

#include "kernel/host_kernel.h"
#include "kernel/in_force.h"
#include "kernel/syscalls_layer.h"

namespace hupstorm {

// Linux, with a list of the calls that came by.
class RecordingKernel final : public SyscallsLayer {
 public:
  RecordingKernel() : SyscallsLayer(host_) {}

  // Descriptors from here up count as simulated.
  int first_simulated = 1 << 30;
  bool Simulates(int fd) const override { return fd >= first_simulated; }

  // The calls since the last Take.
  std::vector<Call> Take() {
    std::vector<Call> taken;
    taken.swap(calls_);
    return taken;
  }
  const SystemCall& last() const { return last_; }

 protected:
  bool Enter(SystemCall& call) override {
    calls_.push_back(call.call);
    // The harness' own calls must not come back here, and may leave any errno behind.
    ::close(-1);
    return true;
  }
  void Leave(SystemCall& call) override { last_ = call; }

 private:
  HostKernel host_;
  std::vector<Call> calls_;
  SystemCall last_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_KERNEL_LAYERS_SHIM_TEST_KERNELS_H_
