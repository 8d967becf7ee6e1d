#include <algorithm>
#include <stdexcept>
#include <string>

#include "kernel/call_table.h"
#include "kernel/simulated/simulated_kernel.h"
#include "tests/kernel/conformance/kernel_under_test.h"

namespace hupstorm {
namespace {

// Where a call would sleep, the clock jumps to what would wake it.
class SimulationUnderTest final : public KernelUnderTest, public KernelDriver {
 public:
  SimulationUnderTest() { kernel_.set_driver(this); }

  Syscalls& syscalls() override { return kernel_; }

  void SetDescriptorLimit(int more) override {
    int limit = 0;
    for (int free = 0; free < more || IsOpen(limit); ++limit) {
      if (!IsOpen(limit)) ++free;
    }
    kernel_.set_descriptor_limit(limit);
  }

  void LiftDescriptorLimit() override {
    kernel_.set_descriptor_limit(SimulatedKernel::Options().descriptor_limit);
  }

  void Raise(int signal) override { kernel_.RaiseSignal(signal); }

  void RaiseEvery(std::chrono::milliseconds interval, int signal) override {
    signal_ = signal;
    signal_interval_ns_ = std::chrono::nanoseconds(interval).count();
    next_signal_ns_ = kernel_.now_ns() + signal_interval_ns_;
  }

  void StopRaising() override { next_signal_ns_ = -1; }

  void OnBlock(Call call, int fd, int64_t deadline_ns) override {
    int64_t next = -1;
    for (int64_t due : {deadline_ns, kernel_.NextTimerNs(), next_signal_ns_}) {
      if (due >= 0 && (next < 0 || due < next)) next = due;
    }
    if (next < 0) {
      throw std::runtime_error(std::string(CallName(call)) + " on descriptor " +
                               std::to_string(fd) + " would sleep for ever");
    }
    kernel_.AdvanceTo(std::max(next, kernel_.now_ns()));
    if (next == next_signal_ns_) {
      next_signal_ns_ += signal_interval_ns_;
      kernel_.RaiseSignal(signal_);
    }
  }

 private:
  bool IsOpen(int index) const {
    return kernel_.KindOf(SimulatedKernel::kFirstDescriptor + index) !=
           SimulatedKernel::DescriptorKind::kFree;
  }

  SimulatedKernel kernel_;
  int signal_ = 0;
  int64_t signal_interval_ns_ = 0;
  int64_t next_signal_ns_ = -1;
};

}  // namespace

std::unique_ptr<KernelUnderTest> MakeSimulationUnderTest() {
  return std::make_unique<SimulationUnderTest>();
}

}  // namespace hupstorm
