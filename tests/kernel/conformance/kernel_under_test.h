// A kernel that the conformance tests run on, and the few things about it that no system call
// does: limits and signals from outside.

#ifndef HUPSTORM_TESTS_KERNEL_CONFORMANCE_KERNEL_UNDER_TEST_H_
#define HUPSTORM_TESTS_KERNEL_CONFORMANCE_KERNEL_UNDER_TEST_H_

#include <chrono>
#include <memory>

#include "kernel/syscalls.h"

namespace hupstorm {

class KernelUnderTest {
 public:
  virtual ~KernelUnderTest() = default;

  virtual Syscalls& syscalls() = 0;

  // Lets `more` new descriptors be opened and no further one: RLIMIT_NOFILE.
  virtual void SetDescriptorLimit(int more) = 0;
  virtual void LiftDescriptorLimit() = 0;

  // Sends `signal` to this thread; its handler has run on return.
  virtual void Raise(int signal) = 0;
  // Sends `signal` after each `interval`, until StopRaising. That it
  // comes again and again makes "a signal arrives while a call sleeps" certain: one that comes
  // before the call is followed by one that does not.
  virtual void RaiseEvery(std::chrono::milliseconds interval, int signal) = 0;
  virtual void StopRaising() = 0;
};

std::unique_ptr<KernelUnderTest> MakeLinuxUnderTest();
std::unique_ptr<KernelUnderTest> MakeSimulationUnderTest();

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_KERNEL_CONFORMANCE_KERNEL_UNDER_TEST_H_
