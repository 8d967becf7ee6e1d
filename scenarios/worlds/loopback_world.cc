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

class LoopbackWorld::Impl final : private ServerHost {
 public:
  Impl() {
    processor_ = BindToOneProcessor();
    RaiseDescriptorLimit();
    remote_.set_guide([this] {
      return remote::Freedom{.may_note = run_.MayHearLate(), .monotonic_ns = kernel_.now_ns()};
    });
  }

  ScenarioRun& run() { return run_; }

 private:
  uint16_t Prepare() override {
    process_.reset();
    kernel_.Reset();
    return ports_.Choose();
  }

  HeapUse Heap() override { return remote_.heap(); }
  bool IsInRetrospect() override { return remote_.is_telling(); }

  void Serve(const Target& target, uint16_t port, Syscalls& top) override {
    process_.emplace(memory_, [&] { target.serve(port); });
    kernel_.Attach(process_->pid());
    remote_.Attach(process_->line());
    try {
      remote_.Serve(top);
    } catch (const remote::ServerGone&) {
      kernel_.LetGo();
      run_.Die(process_->AwaitEnd());
    } catch (const remote::ServerThrew& thrown) {
      kernel_.LetGo();
      run_.Die(thrown.what());
    } catch (const std::system_error& error) {
      throw WorldFailed(error.what());
    }
    kernel_.LetGo();
  }

  remote::SharedMemory memory_;
  remote::RemoteKernel remote_{memory_};
  LoopbackKernel kernel_{remote_};
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
