#include "scenarios/worlds/loopback_world.h"

#include <algorithm>
#include <optional>
#include <system_error>

#include "base/resource_limit.h"
#include "kernel/linux/held/held_kernel.h"
#include "scenarios/worlds/loopback_host.h"
#include "scenarios/worlds/scenario_run.h"
#include "scenarios/worlds/server_process.h"

namespace hupstorm {

class LoopbackWorld::Impl final : private ServerHost {
 public:
  Impl() {
    processor_ = BindToOneProcessor();
    RaiseDescriptorLimit();
  }

  ScenarioRun& run() { return run_; }

 private:
  uint16_t Prepare() override {
    process_.reset();
    kernel_.Reset();
    return ports_.Choose();
  }

  HeapUse Heap() override { return kernel_.heap(); }
  bool IsInRetrospect() override { return kernel_.IsReplaying(); }

  void Serve(const Target& target, uint16_t port, Syscalls& top) override {
    process_.emplace(*memory_, [&] { target.serve(port); });
    try {
      kernel_.ServeOnly(process_->pid(), process_->TakeLine(), memory_, top);
    } catch (const held::ServerGone&) {
      run_.Die(process_->AwaitEnd());
    } catch (const held::ServerThrew& thrown) {
      run_.Die(thrown.what());
    } catch (const std::system_error& error) {
      throw WorldFailed(error.what());
    }
  }

  const std::shared_ptr<held::SharedMemory> memory_ = std::make_shared<held::SharedMemory>();
  HeldKernel kernel_{held::ServerClock::Kind::kStill};
  ScenarioRun run_{kernel_, *this};
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
  return impl_->run().Run(scenario, target, options);
}

}  // namespace hupstorm
