#include "scenarios/worlds/loopback_world.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/captured_output.h"
#include "base/child_process.h"
#include "base/file_descriptor.h"
#include "base/resource_limit.h"
#include "kernel/heap/heap_meter.h"
#include "kernel/in_force.h"
#include "kernel/linux/held/agent.h"
#include "kernel/linux/held/connection.h"
#include "kernel/linux/held/held_kernel.h"
#include "kernel/simulated/simulated_kernel.h"
#include "scenarios/worlds/blame.h"
#include "scenarios/worlds/last_words.h"
#include "scenarios/worlds/loopback_host.h"
#include "scenarios/worlds/scenario_run.h"

namespace hupstorm {
namespace {

constexpr int kOutOfReach = 4000;  // a number that no server of a scenario comes upon

// A server in a child process, held in each of its calls by this one.
class ServerProcess {
 public:
  // Forks a child that runs `serve` with an Agent in force. It has descriptors 0 to 2 and the line,
  // out of the way, and nothing else of this process. Throws std::system_error. The server is
  // killed when the object goes.
  ServerProcess(held::SharedMemory& memory, const std::function<void()>& serve) {
    auto [ours, theirs] = MakeSocketPair();
    line_ = std::move(ours);
    process_ = ChildProcess([&, &end = theirs] { Serve(memory, std::move(end), serve); });
  }

  pid_t pid() const { return process_.pid(); }
  // The driver's end of the socket between the two, which becomes the caller's.
  FileDescriptor TakeLine() { return std::move(line_); }

  // Waits for the end of a process that ends. How it did: as waitpid tells.
  int AwaitEnd() { return process_.Wait(); }
  std::string Output() { return output_.Tail(); }

 private:
  [[noreturn]] void Serve(held::SharedMemory& memory, FileDescriptor end,
                          const std::function<void()>& serve) {
    ForbidCoreFiles();  // a crash here is a finding, not a thing to keep
    // As a shell starts it: whatever started hupstorm may ignore SIGPIPE or SIGINT.
    for (int number = 1; number < SIGRTMIN; ++number) {
      struct sigaction inherited = {};
      if (sigaction(number, nullptr, &inherited) == 0 && inherited.sa_handler == SIG_IGN) {
        signal(number, SIG_DFL);
      }
    }
    output_.TakeStreams();
    const int low = end.get();
    end = MoveUp(std::move(end), kOutOfReach);
    if (end.get() == low) end = MoveUp(std::move(end), kOutOfReach / 5);  // a low hard limit
    const int line = end.get();
    close_range(STDERR_FILENO + 1, static_cast<unsigned>(line - 1), 0);
    close_range(static_cast<unsigned>(line + 1), ~0U, 0);
    // A server's own begin at the same number as in the simulation, so that mistakes with large
    // numbers show.
    while (fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) < SimulatedKernel::kFirstDescriptor - 1) {
    }

    held::Agent agent(memory, line, /*linked=*/true);
    ResetServerHeap();
    try {
      {
        const ServerScope scope(agent);
        serve();
      }
      agent.ReportReturn();
    } catch (const std::exception& error) {
      agent.ReportException(fmt::format("uncaught exception: {}", error.what()));
    } catch (...) {
      agent.ReportException("uncaught exception that is not a std::exception");
    }
    // The driver looks at what is still open, and then ends this process.
    while (true) pause();
  }

  CapturedOutput output_;
  FileDescriptor line_;
  ChildProcess process_;
};

}  // namespace

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

  void SetWantsStacks(bool wanted) override { memory_->frame().wants_stacks = wanted; }
  SharedStack TakeStack(const SystemCall&) override { return kernel_.StackOfCall(); }
  HeapUse Heap() override { return kernel_.heap(); }
  bool IsInRetrospect() const override { return kernel_.IsReplaying(); }

  void Serve(const Target& target, uint16_t port, Syscalls& top) override {
    process_.emplace(*memory_, [&] { target.serve(port); });
    try {
      kernel_.ServeOnly(process_->pid(), port, process_->TakeLine(), memory_, top);
    } catch (const held::ServerGone&) {
      const int status = process_->AwaitEnd();
      RequireServersFault(kernel_, status);
      run_.Die(LastWords(status, process_->Output()));
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
  const auto has = [&](Action action) {
    return std::any_of(scenario.steps.begin(), scenario.steps.end(),
                       [action](const Step& step) { return step.action == action; });
  };
  if (has(Action::kServerRestart)) return "a server is started again in the simulation alone";
  if (has(Action::kVanish)) {
    return "a host cannot vanish from loopback, and TCP takes a quarter of an hour to notice";
  }
  return WhyNoRoom(scenario);
}

RunResult LoopbackWorld::Run(const Scenario& scenario, const Target& target,
                             const RunOptions& options) {
  if (!WhyNot(scenario).empty()) return {};
  return RunForBlame(options, Again::kOnlyAlike, [&](const RunOptions& chosen) {
    return impl_->run().Run(scenario, target, chosen);
  });
}

}  // namespace hupstorm
