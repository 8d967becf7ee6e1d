#include "scenarios/worlds/process_world.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>

#include "kernel/outside/process_tree.h"
#include "kernel/process/process_kernel.h"
#include "kernel/remote/enlistment.h"
#include "scenarios/worlds/last_words.h"
#include "scenarios/worlds/loopback_host.h"
#include "scenarios/worlds/loopback_world.h"
#include "scenarios/worlds/scenario_run.h"
#include "scenarios/worlds/server_command.h"

namespace hupstorm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLookForListenerMs = 2;
constexpr int kLookForEndMs = 50;
// A server is given so long to be seen listening once it listens: the last call is on its way.
constexpr std::chrono::milliseconds kSeenAfter{200};

// A process of the server that is there, and no zombie.
bool Lives(pid_t keeper) {
  const pid_t roots[] = {keeper};
  const std::vector<pid_t> pids = outside::WithDescendants(roots);
  return std::any_of(pids.begin(), pids.end(), [&](pid_t pid) {
    const char state = outside::StateOf(pid);
    return pid != keeper && state != 0 && state != 'Z';
  });
}

// ", having written \"...\"" or nothing.
std::string WhatItWrote(const ServerCommand& command) {
  const std::string output = command.Output();
  if (output.empty()) return "";
  return fmt::format("; it wrote: {}", ReasonIn(output));
}

// One server, from its start to its end.
class RunningServer {
 public:
  RunningServer(const ProcessOptions& options, const rlimit& descriptors, ProcessKernel& kernel,
                uint16_t port)
      : kernel_(kernel), port_(port), command_(OptionsFor(options, descriptors, kernel, port)) {}

  ServerCommand& command() { return command_; }
  uint16_t port() const { return port_; }

  // Awaits that it listens. Empty, or why it does not.
  std::string AwaitListening(std::chrono::milliseconds timeout) {
    const Clock::time_point deadline = Clock::now() + timeout;
    while (diag_.Listeners(port_).empty()) {
      kernel_.Attend(command_.news(), kLookForListenerMs);
      const std::optional<int> status = command_.Status();
      if (status && !Lives(command_.keeper())) {
        return fmt::format("the server ended before it listened on port {}: {}{}", port_,
                           EndOfProcess(*status), WhatItWrote(command_));
      }
      if (Clock::now() < deadline) continue;
      return fmt::format("the server does not listen on port {} of 127.0.0.1 after {} s{}{}", port_,
                         std::chrono::duration<double>(timeout).count(), ElsewhereHint(),
                         WhatItWrote(command_));
    }
    return "";
  }

  // Awaits that the driver has seen it listen. False where nobody tells it.
  bool AwaitSeen() {
    const Clock::time_point deadline = Clock::now() + kSeenAfter;
    while (!kernel_.HasSeenListen() && Clock::now() < deadline) {
      kernel_.Attend(command_.news(), kLookForListenerMs);
    }
    return kernel_.HasSeenListen();
  }

  // Its first process has ended, and nobody listens any more.
  bool HasEnded() {
    if (!command_.Status()) return false;
    return !Lives(command_.keeper()) || diag_.Listeners(port_).empty();
  }

 private:
  static ServerCommand::Options OptionsFor(const ProcessOptions& options, const rlimit& descriptors,
                                           const ProcessKernel& kernel, uint16_t port) {
    const char* const others = std::getenv("LD_PRELOAD");
    std::string preload = options.preload_library;
    if (others != nullptr && *others != '\0') preload += fmt::format(":{}", others);
    return {.command = WithPort(options.command, port),
            .environment = {{"LD_PRELOAD", preload},
                            {remote::kDriverVariable, std::string(kernel.office().name())}},
            .descriptors = descriptors};
  }

  // Where one of its processes listens instead.
  std::string ElsewhereHint() {
    const pid_t roots[] = {command_.keeper()};
    const std::vector<outside::TcpSocket> listeners = diag_.Listeners(0);
    for (const pid_t pid : outside::WithDescendants(roots)) {
      const auto files = outside::OpenFiles(pid);
      if (!files || pid == command_.keeper()) continue;
      for (const outside::OpenFile& file : *files) {
        const auto listener =
            std::find_if(listeners.begin(), listeners.end(), [&](const outside::TcpSocket& socket) {
              return file.kind == outside::OpenFile::Kind::kSocket && socket.inode == file.inode;
            });
        if (listener == listeners.end()) continue;
        return fmt::format(", but on port {} ({{port}} in the command stands for the one to take)",
                           listener->local_port);
      }
    }
    return "";
  }

  ProcessKernel& kernel_;
  const uint16_t port_;
  ServerCommand command_;
  outside::SocketDiag diag_;
};

// A base, so that it is there before the run that is given it.
struct Far {
  ProcessKernel kernel;
};

}  // namespace

class ProcessWorld::Impl final : private Far, public ScenarioRun {
 public:
  explicit Impl(ProcessOptions options)
      : ScenarioRun(kernel), options_(std::move(options)), descriptors_(RaiseDescriptorLimit()) {
    processor_ = BindToOneProcessor();
    // What limits the output of servers that run in this process is not for those that do not.
    rlimit files = {};
    getrlimit(RLIMIT_FSIZE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_FSIZE, &files);
  }

 private:
  void ResetKernel() override {
    End();
    kernel.Reset();
  }

  uint16_t ChoosePort() override { return ports_.Choose(); }
  // Nobody counts a foreign server's blocks: its heap is not judged.
  HeapUse HeapOfServer() override { return {}; }
  int64_t MemoryOfServer() override {
    const pid_t roots[] = {server_->command().keeper()};
    int64_t bytes = 0;
    for (const pid_t pid : outside::WithDescendants(roots)) {
      if (pid != roots[0]) bytes += outside::AnonymousMemory(pid);
    }
    return bytes;
  }
  bool IsOffLimits(int) override { return false; }
  bool LeavesResultsAlone() override { return false; }
  bool NeedsWarmUp() override { return true; }

  void Serve(const Target&, uint16_t port, Syscalls& top) override {
    struct Ending {
      ~Ending() { run.End(); }
      Impl& run;
    } ending{*this};
    try {
      server_.emplace(options_, descriptors_, kernel, port);
      kernel.Start(server_->command().keeper(), port, top);
      const std::string why = server_->AwaitListening(options_.start_timeout);
      if (!why.empty()) throw WorldFailed(why);
      kernel.SetStarted();
      while (!server_->HasEnded()) {
        kernel.Attend(server_->command().news(), kLookForEndMs);
        for (const pid_t pid : kernel.TakeKilled()) {
          if (IsAskedToStop()) break;
          Die(fmt::format("process {} of the server was killed by a signal", pid));
        }
      }
    } catch (const std::system_error& error) {
      throw WorldFailed(error.what());
    }
    if (!IsAskedToStop()) {
      Die(LastWords(*server_->command().Status(), server_->command().Output()));
    }
  }

  void End() {
    if (!server_) return;
    kernel.Stop();
    const bool ended = server_->command().End();
    KeepOutput(server_->command().Output());
    server_.reset();
    if (!ended) KeepOutput("a process of the server could not be ended");
  }

  const ProcessOptions options_;
  const rlimit descriptors_;
  Claim processor_;
  PortChooser ports_;
  std::optional<RunningServer> server_;
};

ServerNature LookAtServer(const ProcessOptions& options) {
  // Never called: nothing is let happen before the server has started.
  class Nobody final : public KernelDriver {
    void OnBlock(Call, int, int64_t) override {}
  } nobody;
  rlimit descriptors = {};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  PortChooser ports;
  ProcessKernel kernel;
  kernel.set_driver(&nobody);
  kernel.Reset();
  RunningServer server(options, descriptors, kernel, ports.Choose());
  kernel.Start(server.command().keeper(), server.port(), kernel);
  ServerNature nature;
  nature.why = server.AwaitListening(options.start_timeout);
  if (nature.why.empty()) {
    const bool is_seen = server.AwaitSeen();
    nature.kind = is_seen ? ServerNature::Kind::kHeld : ServerNature::Kind::kUnseen;
    if (!is_seen) {
      nature.why =
          "the preload library does not see its calls (it is statically linked, makes system calls "
          "by itself, or runs as another user)";
    }
  }
  kernel.Stop();
  return nature;
}

ProcessWorld::ProcessWorld(ProcessOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
ProcessWorld::~ProcessWorld() = default;

RunResult ProcessWorld::Run(const Scenario& scenario, const Target& target,
                            const RunOptions& options) {
  if (!LoopbackWorld::WhyNot(scenario).empty()) return {};
  return impl_->Run(scenario, target, options);
}

}  // namespace hupstorm
