#include "scenarios/worlds/loopback_world.h"

#include <algorithm>
#include <optional>
#include <system_error>

#include "base/resource_limit.h"
#include "kernel/linux/held/loopback_kernel.h"
#include "kernel/linux/held/remote_kernel.h"
#include "scenarios/worlds/loopback_host.h"
#include "scenarios/worlds/scenario_run.h"
#include "scenarios/worlds/server_process.h"

namespace hupstorm {
namespace {

// Bases, so that they are there before the run that is given them.
struct Far {
  remote::SharedMemory memory;
  remote::RemoteKernel remote{memory};
  LoopbackKernel loopback{remote};
};

}  // namespace

class LoopbackWorld::Impl final : private Far, public ScenarioRun {
 public:
  Impl() : ScenarioRun(loopback) {
    processor_ = BindToOneProcessor();
    RaiseDescriptorLimit();
    remote.set_guide([this] {
      return remote::Freedom{.may_note = MayHearLate(), .monotonic_ns = loopback.now_ns()};
    });
  }

 private:
  void ResetKernel() override {
    process_.reset();
    loopback.Reset();
  }

  uint16_t ChoosePort() override { return ports_.Choose(); }

  HeapUse HeapOfServer() override { return remote.heap(); }
  bool IsOffLimits(int) override { return false; }
  bool IsInRetrospect() override { return remote.is_telling(); }

  void Serve(const Target& target, uint16_t port, Syscalls& top) override {
    process_.emplace(memory, [&] { target.serve(port); });
    loopback.Attach(process_->pid());
    remote.Attach(process_->line());
    try {
      remote.Serve(top);
    } catch (const remote::ServerGone&) {
      loopback.LetGo();
      Die(process_->AwaitEnd());
    } catch (const remote::ServerThrew& thrown) {
      loopback.LetGo();
      Die(thrown.what());
    } catch (const std::system_error& error) {
      throw WorldFailed(error.what());
    }
    loopback.LetGo();
  }

  std::optional<ServerProcess> process_;
  Claim processor_;
  PortChooser ports_;
};

LoopbackWorld::LoopbackWorld() : impl_(std::make_unique<Impl>()) {}
LoopbackWorld::~LoopbackWorld() = default;

std::string_view LoopbackWorld::WhyNot(const Scenario& scenario) {
  const bool vanishes =
      std::any_of(scenario.steps.begin(), scenario.steps.end(),
                  [](const Step& step) { return step.action == Action::kVanish; });
  return vanishes
             ? "a host cannot vanish from loopback, and TCP takes a quarter of an hour to notice"
             : "";
}

RunResult LoopbackWorld::Run(const Scenario& scenario, const Target& target,
                             const RunOptions& options) {
  if (!WhyNot(scenario).empty()) return {};
  return impl_->Run(scenario, target, options);
}

}  // namespace hupstorm
