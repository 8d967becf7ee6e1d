#include "scenarios/worlds/simulated_world.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bitset>
#include <cstdio>
#include <cstdlib>

#include "kernel/heap/heap_meter.h"
#include "kernel/in_force.h"
#include "kernel/simulated/simulated_kernel.h"
#include "kernel/stacks/stack_walk.h"
#include "scenarios/worlds/blame.h"
#include "scenarios/worlds/fault_stack.h"
#include "scenarios/worlds/scenario_run.h"

namespace hupstorm {
namespace {

constexpr uint16_t kPort = 8888;

}  // namespace

// The server runs in this thread: the kernel's callbacks come from inside its calls, and an
// exception thrown there ends it.
class SimulatedWorld::Impl final : private ServerHost {
 public:
  Impl() {
    for (size_t fd = 0; fd < harness_descriptors_.size(); ++fd) {
      harness_descriptors_[fd] = syscall(SYS_fcntl, static_cast<int>(fd), F_GETFD) >= 0;
    }
  }

  ScenarioRun& run() { return run_; }

 private:
  uint16_t Prepare() override {
    kernel_.Reset();
    return kPort;
  }
  HeapUse Heap() override { return ServerHeap(); }
  bool RunsHere() override { return true; }

  SharedStack TakeStack(const SystemCall& call) override {
    WalkStack(stack_, &call);
    return std::make_shared<CallStack>(ToCallStack(stack_));
  }
  void Listen(HeapListener* listener) override { heap_counter.listener = listener; }
  void WalkStack(StackWalk& stack, const void* inner) override {
    WalkToServer(stack, inner, below_server_);
  }

  // The harness lives in this process too: its descriptors are not the server's to close.
  bool IsOffLimits(int fd) override {
    return fd >= 0 && static_cast<size_t>(fd) < harness_descriptors_.size() &&
           harness_descriptors_[static_cast<size_t>(fd)];
  }

  void Serve(const Target& target, uint16_t port, Syscalls& top) override {
    ResetServerHeap();
    {
      const ServerScope scope(top);
      const ScopedValue here(below_server_, static_cast<const void*>(&scope));
      const FaultsAreServers faults(&scope);
      target.serve(port);
    }
    if (!run_.HasStarted() && run_.calls() == 0) {
      std::fputs(
          "hupstorm: the server's calls do not reach the simulated kernel: link hupstorm_shim\n",
          stderr);
      std::abort();
    }
  }

  SimulatedKernel kernel_;
  ScenarioRun run_{kernel_, *this};
  StackWalk stack_;
  const void* below_server_ = nullptr;  // on the stack, where the server was called
  std::bitset<SimulatedKernel::kFirstDescriptor> harness_descriptors_;
};

SimulatedWorld::SimulatedWorld() : impl_(std::make_unique<Impl>()) {}
SimulatedWorld::~SimulatedWorld() = default;

RunResult SimulatedWorld::Run(const Scenario& scenario, const Target& target,
                              const RunOptions& options) {
  if (!options.find_blame) return impl_->run().Run(scenario, target, options);
  return RunForBlame(options, Again::kTheSame, [&](const RunOptions& chosen) {
    return impl_->run().Run(scenario, target, chosen);
  });
}

}  // namespace hupstorm
