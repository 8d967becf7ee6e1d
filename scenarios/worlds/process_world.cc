#include "scenarios/worlds/process_world.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/loopback_address.h"
#include "base/resource_limit.h"
#include "kernel/linux/held/enlistment.h"
#include "kernel/linux/held/held_kernel.h"
#include "kernel/linux/sight/process_tree.h"
#include "kernel/linux/sight/socket_diag.h"
#include "kernel/stacks/script_frames.h"
#include "scenarios/worlds/blame.h"
#include "scenarios/worlds/call_patience.h"
#include "scenarios/worlds/last_words.h"
#include "scenarios/worlds/loopback_host.h"
#include "scenarios/worlds/loopback_world.h"
#include "scenarios/worlds/scenario_run.h"
#include "scenarios/worlds/server_command.h"

namespace hupstorm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLookForListenerMs = 2;
// A process that forks and ends while its parent's children are listed hides its child from one
// look, and a server that goes into the background does so twice.
constexpr int kLooksForProcesses = 5;
// After a deadline it is looked so often again.
constexpr int kLateLooks = 20;
constexpr int kLookForEndMs = 50;
constexpr int kLookForCallMs = 2;
// How long a server that listens may take to be seen listening: its last call is on its way.
constexpr std::chrono::milliseconds kSeenAfter{2000};

ServerCommand::Options CommandOf(const ProcessOptions& options, uint16_t port,
                                 const rlimit& descriptors, const HeldKernel& kernel) {
  std::string preload = options.preload_library;
  const char* const others = std::getenv("LD_PRELOAD");
  if (others != nullptr && *others != '\0') preload += fmt::format(":{}", others);
  return {.command = WithPort(options.command, port),
          .environment = {{"LD_PRELOAD", preload}, {held::kDriverVariable, kernel.office().name()}},
          .descriptors = descriptors};
}

// A scenario with more connections than the server's soft limit allows would not be about them: it
// gets what it may have for these, and for other descriptors beside them.
rlimit WithRoomFor(uint64_t connections, rlimit limit) {
  constexpr rlim_t kOthers = 256;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, connections + kOthers));
  return limit;
}

// A server that a command starts, from its start until it listens, and to its end.
class RunningServer {
 public:
  // Starts `options.command`, which is to listen on `port`. Throws std::system_error.
  RunningServer(const ServerCommand::Options& options, uint16_t port)
      : port_(port), command_(options) {}

  ServerCommand& command() { return command_; }

  // Waits until the port is listened on. Empty, or why it is not, in a sentence, with what
  // the server wrote. `attend(fd, ms)` waits for `ms`, or until there is something to read from
  // the descriptor, and does what else is to be done meanwhile.
  std::string AwaitListening(std::chrono::milliseconds timeout,
                             const std::function<void(int, int)>& attend) {
    const Clock::time_point deadline = Clock::now() + timeout;
    int late_looks = 0;
    while (diag_.Listeners(port_).empty()) {
      attend(command_.news(), kLookForListenerMs);
      const std::optional<int> status = command_.Status();
      if (status && !Lives()) {
        return fmt::format("the server ended before it listened on port {}: {}{}", port_,
                           EndOfProcess(StatusBehindShell(*status)), WhatItWrote());
      }
      // What it waits for a processor does not count, nor that we do: then it is looked too seldom.
      if (Clock::now() < deadline + Starved() || ++late_looks < kLateLooks) continue;
      if (sight::IsUdpPort(port_)) {
        return fmt::format(
            "the server has UDP port {}, and does not listen on the port of TCP: "
            "hupstorm is for servers of TCP{}",
            port_, WhatItWrote());
      }
      const std::string elsewhere = ListensElsewhere();
      return fmt::format("after {:g} s the server does not listen on port {} of 127.0.0.1{}{}",
                         std::chrono::duration<double>(timeout).count(), port_,
                         elsewhere.empty() ? " (--start-timeout gives it more)" : elsewhere,
                         WhatItWrote());
    }
    return "";
  }

  // Its first process has ended, and its port is not listened on any more.
  bool HasEnded() {
    if (!command_.Status()) return false;
    return !Lives() || diag_.Listeners(port_).empty();
  }

  // How long one of its threads was ready and had no processor, since it began.
  std::chrono::nanoseconds Starved() const {
    const pid_t roots[] = {command_.keeper()};
    int64_t most = 0;
    for (const pid_t pid : sight::WithDescendants(roots)) {
      for (const sight::Thread& thread : sight::ThreadsOf(pid)) {
        if (pid != roots[0]) most = std::max(most, thread.runqueue_ns);
      }
    }
    return std::chrono::nanoseconds(most);
  }
  // Processor time of its processes.
  std::chrono::nanoseconds Used() const {
    const pid_t roots[] = {command_.keeper()};
    int64_t used = 0;
    for (const pid_t pid : sight::WithDescendants(roots)) {
      if (pid != roots[0]) used += std::max<int64_t>(sight::CpuNs(pid), 0);
    }
    return std::chrono::nanoseconds(used);
  }

 private:
  // A process of the server is there, and is no zombie.
  bool Lives() const {
    const pid_t roots[] = {command_.keeper()};
    for (int look = 0; look < kLooksForProcesses; ++look) {
      const std::vector<pid_t> pids = sight::WithDescendants(roots);
      if (std::any_of(pids.begin(), pids.end(), [&](pid_t pid) {
            return pid != roots[0] && sight::SummaryOfThreads(pid).any_lives;
          })) {
        return true;
      }
    }
    return false;
  }
  std::string WhatItWrote() const {
    const std::string output = command_.Output();
    if (output.empty()) return "; it wrote nothing";
    const std::string errors = command_.Errors();
    return fmt::format("; it wrote: {}", ReasonIn(ReasonIn(errors).empty() ? output : errors));
  }
  // Where one of its processes listens instead.
  std::string ListensElsewhere() {
    const pid_t roots[] = {command_.keeper()};
    const std::vector<sight::TcpSocket> listeners = diag_.Listeners(0);
    for (const pid_t pid : sight::WithDescendants(roots)) {
      const auto files = sight::OpenFiles(pid);
      if (!files || pid == roots[0]) continue;
      for (const sight::OpenFile& file : *files) {
        const auto listener =
            std::find_if(listeners.begin(), listeners.end(), [&](const sight::TcpSocket& socket) {
              return file.kind == sight::OpenFile::Kind::kSocket && socket.inode == file.inode;
            });
        if (listener == listeners.end()) continue;
        return fmt::format(", but on port {} ({{port}} in the command stands for the one to take)",
                           listener->local_port);
      }
    }
    return "";
  }

  const uint16_t port_;
  ServerCommand command_;
  sight::SocketDiag diag_;
};

}  // namespace

class ProcessWorld::Impl final : private ServerHost {
 public:
  explicit Impl(ProcessOptions options)
      : options_(std::move(options)), descriptors_(RaiseDescriptorLimit()) {
    processor_ = BindToOneProcessor();
    // What limits the output of servers that run in this process is not for those that do not.
    SetSoftLimit(RLIMIT_FSIZE, RLIM_INFINITY);
  }

  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions& options) {
    connections_ = MostConnections(scenario);
    return run_.Run(scenario, target, options);
  }

 private:
  uint16_t Prepare() override {
    End();
    kernel_.Reset();
    return ports_.Choose();
  }

  void SetWantsStacks(bool wanted) override { kernel_.set_wants_stacks(wanted); }
  SharedStack TakeStack(const SystemCall&) override { return kernel_.StackOfCall(); }
  HeapUse Heap() override { return {}; }
  int64_t Memory() override {
    const pid_t roots[] = {server_->command().keeper()};
    int64_t bytes = 0;
    for (const pid_t pid : sight::WithDescendants(roots)) {
      if (pid != roots[0]) bytes += sight::AnonymousMemory(pid);
    }
    return bytes;
  }
  bool MayRunAhead() override { return false; }
  bool IsServing() const override { return kernel_.HasStarted(); }
  bool NeedsWarmUp() override { return true; }

  void Serve(const Target&, uint16_t port, Syscalls& top) override {
    struct Ending {
      ~Ending() { host.End(); }
      Impl& host;
    } ending{*this};
    try {
      server_.emplace(CommandOf(options_, port, WithRoomFor(connections_, descriptors_), kernel_),
                      port);
      kernel_.Start(server_->command().keeper(), WithPort(options_.host, port), top);
      const std::string why =
          server_->AwaitListening(options_.start_timeout, [this](int also, int ms) {
            run_.MarkProgress();
            kernel_.Attend(also, ms);
          });
      if (!why.empty()) throw WorldFailed(why);
      server_->command().NoteStarted();
      kernel_.SetStarted();
      while (!server_->HasEnded()) {
        for (const auto& [pid, status] : server_->command().TakeKilled())
          kernel_.NoteEnd({.pid = pid, .status = status});
        MarkPatience();
        kernel_.Attend(server_->command().news(), kLookForEndMs);
        if (LookForDeaths()) return;
      }
    } catch (const std::system_error& error) {
      throw WorldFailed(error.what());
    }
    if (!run_.ledger().asked_to_stop) {
      ServerCommand& command = server_->command();
      const int status = StatusBehindShell(*command.Status());
      kernel_.NoteEnded();
      RequireServersFault(kernel_, status);
      CallStack stack = kernel_.StackOfDeath();
      AddTraceback(command.Errors(), stack);
      run_.Die(LastWordsOfCommand(status, command.Errors(), command.OutputSinceStart()),
               std::move(stack), IsFault(status));
    }
  }

  // A server that makes no calls is given up after some time.
  void MarkPatience() {
    const Clock::time_point now = Clock::now();
    if (patience_.IsTimeToLook(now) &&
        patience_.IsExcused(now, run_.calls(), server_->Used(), server_->Starved())) {
      run_.MarkProgress();
    }
  }

  // True if the server's life has ended, although a process of it is there.
  bool LookForDeaths() {
    const bool is_asked = run_.ledger().asked_to_stop;
    for (const held::ProcessEnd& end : kernel_.TakeCrashed()) {
      if (is_asked) continue;
      run_.Die(fmt::format("a process of the server with several connections was {}",
                           LastWordsOfCommand(end.status, server_->command().Errors(),
                                              server_->command().OutputSinceStart())),
               kernel_.StackOfDeath(end.pid));
    }
    const std::optional<held::ProcessEnd> hung = kernel_.TakeHungExit();
    if (!hung || is_asked) return false;
    const pid_t listening = kernel_.ListeningPid();
    if (listening >= 0 && listening != hung->pid) return false;
    kernel_.Stop();
    run_.Die(LastWords(fmt::format("it called exit({}), and has not ended {} s later", hung->status,
                                   held::Endings::kLongestHang.count()),
                       server_->command().Errors()));
    return true;
  }

  void End() {
    if (!server_) return;
    kernel_.Stop();
    const bool ended = server_->command().End();
    run_.KeepOutput(std::string(WithoutShellsWords(server_->command().Output())));
    server_.reset();
    if (!ended) run_.KeepOutput("a process of the server could not be ended");
  }

  const ProcessOptions options_;
  const rlimit descriptors_;
  uint64_t connections_ = 0;  // of the scenario, at most
  HeldKernel kernel_{held::ServerClock::Kind::kAhead};
  ScenarioRun run_{kernel_, *this};
  Claim processor_;
  PortChooser ports_;
  std::optional<RunningServer> server_;
  CallPatience patience_;
};

ServerNature LookAtServer(const ProcessOptions& options) {
  // Never called: nothing is let happen before the server has started.
  class IdleDriver final : public KernelDriver {
    void OnBlock(Call, int, int64_t) override {}
  } idle;
  SetSoftLimit(RLIMIT_FSIZE, RLIM_INFINITY);  // as in ProcessWorld's constructor
  const rlimit descriptors = LimitOf(RLIMIT_NOFILE);
  PortChooser ports;
  HeldKernel kernel(held::ServerClock::Kind::kAhead);
  kernel.set_driver(&idle);
  kernel.Reset();
  const uint16_t port = ports.Choose();
  RunningServer server(CommandOf(options, port, descriptors, kernel), port);
  const auto attend = [&](int also, int ms) { kernel.Attend(also, ms); };
  kernel.Start(server.command().keeper(), LoopbackAddress(port), kernel);
  ServerNature nature;
  nature.why = server.AwaitListening(options.start_timeout, attend);
  if (nature.why.empty()) {
    const Clock::time_point deadline = Clock::now() + kSeenAfter;
    for (int late_looks = 0; !kernel.HasSeenListen() && late_looks < kLateLooks;) {
      attend(server.command().news(), kLookForCallMs);
      if (Clock::now() >= deadline + server.Starved()) ++late_looks;
    }
    nature.kind = kernel.HasSeenListen() ? ServerNature::Kind::kHeld : ServerNature::Kind::kUnseen;
    if (nature.kind == ServerNature::Kind::kUnseen) {
      nature.why =
          "its system calls are not seen by the preload library: it is statically linked, makes "
          "them by itself (Go), or runs as another user";
    }
    // One that listens on both may do so one after the other.
    bool is_ipv4 = !RefusesConnections(LoopbackAddress(port));
    while (!is_ipv4 && Clock::now() < deadline) {
      attend(server.command().news(), kLookForCallMs);
      is_ipv4 = !RefusesConnections(LoopbackAddress(port));
    }
    if (!is_ipv4) nature.host = LoopbackIpv6Address(0);
    if (!is_ipv4 && RefusesConnections(LoopbackIpv6Address(port))) {
      nature.kind = ServerNature::Kind::kNotServing;
      nature.why = fmt::format(
          "the server listens on port {}, but neither at 127.0.0.1 nor at ::1: have it listen at "
          "one of these",
          port);
    }
  }
  kernel.Stop();
  return nature;
}

OutsideServer StartedByCommand(const ProcessOptions& options) {
  const rlimit descriptors = LimitOf(RLIMIT_NOFILE);
  auto ports = std::make_shared<PortChooser>();
  auto server = std::make_shared<std::optional<RunningServer>>();
  OutsideServer outside;
  outside.start = [=](uint64_t connections) -> OutsideServer::Instance {
    server->reset();
    const uint16_t port = ports->Choose();
    server->emplace(ServerCommand::Options{.command = WithPort(options.command, port),
                                           .environment = {},
                                           .descriptors = WithRoomFor(connections, descriptors)},
                    port);
    const std::string why = (*server)->AwaitListening(options.start_timeout, [](int fd, int ms) {
      pollfd news = {.fd = fd, .events = POLLIN, .revents = 0};
      poll(&news, 1, ms);
    });
    if (!why.empty()) throw WorldFailed(why);
    (*server)->command().NoteStarted();
    return {.address = WithPort(options.host, port), .root = (*server)->command().keeper()};
  };
  outside.ended = [server]() -> std::optional<OutsideServer::End> {
    if (!*server || !(*server)->HasEnded()) return std::nullopt;
    return OutsideServer::End{.status = *(*server)->command().Status(),
                              .output = (*server)->command().OutputSinceStart(),
                              .errors = (*server)->command().Errors()};
  };
  outside.output = [server] {
    return *server ? std::string(WithoutShellsWords((*server)->command().Output())) : std::string();
  };
  return outside;
}

ProcessWorld::ProcessWorld(ProcessOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
ProcessWorld::~ProcessWorld() = default;

RunResult ProcessWorld::Run(const Scenario& scenario, const Target& target,
                            const RunOptions& options) {
  if (!LoopbackWorld::WhyNot(scenario).empty()) return {};
  RunResult result = RunForBlame(options, Again::kOnlyAlike, [&](const RunOptions& chosen) {
    return impl_->Run(scenario, target, chosen);
  });
  result.remark = ScheduleNotKept(scenario);
  return result;
}

}  // namespace hupstorm
