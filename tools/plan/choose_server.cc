#include "tools/plan/choose_server.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <utility>

#include "base/resource_limit.h"
#include "scenarios/worlds/inside/inside_or_held_world.h"
#include "scenarios/worlds/inside/inside_world.h"
#include "scenarios/worlds/loopback_world.h"
#include "scenarios/worlds/outside_world.h"
#include "scenarios/worlds/process_world.h"
#include "scenarios/worlds/schedules_world.h"
#include "tools/catalogue/installation.h"
#include "tools/catalogue/linked_server.h"
#include "tools/catalogue/protocols.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/network/host_port.h"
#include "tools/network/protocol_probe.h"
#include "tools/plan/run_options.h"

namespace hupstorm {
namespace {

constexpr char kPlaceOfPort[] = "{port}";

// A third-party server that hangs in this many scenarios will hang in the others.
constexpr int kMostTimeouts = 4;

constexpr rlim_t kLeastDescriptors = 1024;

constexpr int kMostSchedules = 100'000;

// For the worlds in which clients are sockets of Linux. Throws UsageError.
void RequireDescriptors() {
  const rlim_t most = LimitOf(RLIMIT_NOFILE).rlim_max;
  if (most >= kLeastDescriptors) return;
  throw UsageError(
      "this process may open {} descriptors (ulimit -Hn), and clients of a server on Linux need "
      "{}: "
      "raise the limit",
      most, kLeastDescriptors);
}

// What is the same for all servers that are not ours.
ServerChoice ThirdPartyChoice(const std::string& name, const ServerOptions& options) {
  if (options.mend != "none") throw UsageError("--mend is for the documents' servers");
  const SpokenProtocol spoken = ParseProtocol(options.protocol);
  Target target;
  target.name = name;
  target.protocol = spoken.protocol;
  target.third_party = true;
  target.hardened = options.hardened;
  target.exchange = spoken.exchange;
  ServerChoice choice;
  choice.targets = {std::move(target)};
  choice.name = name;
  choice.world = "process";
  choice.mend = "none";
  choice.is_in_worker = false;
  return choice;
}

std::string ProtocolOption(const ServerOptions& options) {
  if (options.protocol == "echo") return "";
  return fmt::format(" --protocol {}", ShellWord(options.protocol));
}

std::string HardenedOption(const ServerOptions& options) {
  return options.hardened ? " --hardened" : "";
}

ServerChoice ChooseTargets(const ServerOptions& options) {
  const MendChoice mend = ParseMend(options.mend);
  ServerChoice choice;
  choice.targets = MakeTargets(*options.targets, mend);
  for (Target& target : choice.targets) target.hardened |= options.hardened;
  choice.name = *options.targets;
  choice.world = options.world.value_or(kDefaultWorld);
  choice.mend = mend.Text();
  choice.place.make_world = MakerOf(choice.world);
  choice.is_in_worker = choice.world == kDefaultWorld;
  if (choice.world != kDefaultWorld) RequireDescriptors();
  choice.place.why_not = [world = choice.world](const Scenario& scenario) {
    return std::string(WhyNotIn(world, scenario));
  };
  choice.as_options = [options, mend = choice.mend,
                       world = choice.world](const std::string& target) {
    return TargetOptions(target, mend, world) + HardenedOption(options);
  };
  return choice;
}

// Where a program is held on Linux, started by the worker that needs it.
RunPlace PlaceOnLinux(const ProcessOptions& process) {
  const auto make_world = [process](int) {
    ProcessOptions options = process;
    const ServerNature nature = LookAtServer(options);
    if (nature.kind != ServerNature::Kind::kHeld) throw WorldFailed(nature.why);
    options.host = nature.host;
    return std::make_unique<ProcessWorld>(options);
  };
  return {make_world,
          [](const Scenario& scenario) { return std::string(LoopbackWorld::WhyNot(scenario)); }};
}

// Throws FailedError if this build has no library for it.
InsideOptions InsideOptionsOf(const ProcessOptions& process) {
  InsideOptions inside = {.command = process.command,
                          .library = InstalledLibrary("libhupstorm_inside.so").string()};
  inside.start_timeout = process.start_timeout;
  return inside;
}

// Makes `choice`, of a third-party server that can live there, one on the simulated kernel.
void GoInside(const ProcessOptions& process, const InsideOptions& inside, bool may_run_on_linux,
              ServerChoice& choice) {
  choice.world = kDefaultWorld;
  choice.place.why_not = [](const Scenario& scenario) {
    return std::string(InsideWorld::WhyNot(scenario));
  };
  const auto of_worker = [inside](int worker) {
    InsideOptions options = inside;
    options.worker = worker;
    return options;
  };
  choice.place.make_world = [of_worker](int worker) {
    return std::make_unique<InsideWorld>(of_worker(worker));
  };
  choice.place_on_linux = PlaceOnLinux(process);
  if (!may_run_on_linux) return;
  choice.world_of_many = std::move(choice.place.make_world);
  choice.place.make_world = [of_worker, make_held = choice.place_on_linux->make_world](int worker) {
    return std::make_unique<InsideOrHeldWorld>(of_worker(worker),
                                               [make_held, worker] { return make_held(worker); });
  };
  choice.note =
      "The program ran on the simulated kernel, in its own process, as it can live there "
      "(--world loopback: on Linux).";
}

// Starts the program, to see whether it can live on the simulated kernel: as GoInside, or why it
// cannot; empty if it can.
std::string ChooseInside(const ProcessOptions& process, bool may_run_on_linux,
                         ServerChoice& choice) {
  InsideOptions inside;
  try {
    inside = InsideOptionsOf(process);
  } catch (const FailedError&) {
    return "this build of hupstorm has no libhupstorm_inside.so (sanitizers leave it out)";
  }
  if (std::string why = InsideWorld(inside).WhyNot(choice.targets.front()); !why.empty()) {
    return why;
  }
  RequireProtocol(StartedByCommand(process).start(/*connections=*/1).address,
                  choice.targets.front());
  GoInside(process, inside, may_run_on_linux, choice);
  return "";
}

// Has each scenario tried under other orders of threads, too.
void TrySchedules(int schedules, ServerChoice& choice) {
  if (schedules == 0) return;
  for (WorldMaker* const maker : {&choice.place.make_world, &choice.world_of_many}) {
    if (*maker == nullptr) continue;
    *maker = [make_world = *maker, schedules](int worker) {
      return std::make_unique<SchedulesWorld>(make_world(worker), schedules);
    };
  }
}

UsageError NoSchedules() {
  return UsageError(
      "--schedules is for a program with threads on the simulated kernel: --exec 'CMD {{port}}' "
      "--world {}",
      kDefaultWorld);
}

ServerChoice CommandChoice(const ServerOptions& options) {
  const std::string& command = *options.command;
  if (command.find(kPlaceOfPort) == std::string::npos) {
    throw UsageError(
        "the command of --exec must say where the port goes, as in "
        "--exec './my_server --port {port}'");
  }
  ServerChoice choice = ThirdPartyChoice(command, options);
  choice.as_options = [options](const std::string& target) {
    return fmt::format("--exec {}{}{}{}{}", ShellWord(target), ProtocolOption(options),
                       HardenedOption(options), options.world ? " --world " + *options.world : "",
                       options.outside ? " --outside" : "");
  };
  return choice;
}

ProcessOptions ProcessOptionsOf(const ServerOptions& options) {
  ProcessOptions process;
  process.command = *options.command;
  process.preload_library = InstalledLibrary("libhupstorm_preload.so").string();
  process.start_timeout = std::chrono::milliseconds(std::lround(options.start_timeout_s * 1000));
  return process;
}

ServerChoice ChooseCommand(const ServerOptions& options) {
  ServerChoice choice = CommandChoice(options);
  if (options.world && *options.world != kDefaultWorld && *options.world != kLoopbackWorld) {
    MakerOf(*options.world);  // throws
  }
  ProcessOptions process = ProcessOptionsOf(options);
  RequireDescriptors();
  if (!options.outside && options.world != kLoopbackWorld) {
    const std::string why = ChooseInside(process, /*may_run_on_linux=*/!options.world, choice);
    if (why.empty()) {
      TrySchedules(options.schedules, choice);
      return choice;
    }
    if (options.world) {
      throw UsageError(
          "the program cannot live on the simulated kernel: {} (--world loopback runs it on "
          "Linux, where there is no sweep and no fuzzer)",
          why);
    }
    choice.note = fmt::format(
        "The program ran on Linux, as it cannot live on the simulated kernel: {}.", why);
  }
  if (options.schedules > 0) throw NoSchedules();
  const ServerNature nature = LookAtServer(process);
  if (nature.kind == ServerNature::Kind::kNotServing) throw UsageError(nature.why);
  process.host = nature.host;
  RequireProtocol(StartedByCommand(process).start(/*connections=*/1).address,
                  choice.targets.front());
  if (nature.kind == ServerNature::Kind::kHeld && !options.outside) {
    choice.place.make_world = [process](int) { return std::make_unique<ProcessWorld>(process); };
    choice.place.why_not = [](const Scenario& scenario) {
      return std::string(LoopbackWorld::WhyNot(scenario));
    };
    return choice;
  }
  if (!choice.note.empty()) choice.note += ' ';
  choice.note += fmt::format(
      "The server was judged from outside: {}.",
      nature.kind == ServerNature::Kind::kUnseen ? nature.why : "so --outside wants it");
  choice.place.make_world = [process](int) {
    return std::make_unique<OutsideWorld>(StartedByCommand(process));
  };
  choice.place.why_not = [](const Scenario& scenario) {
    return std::string(OutsideWorld::WhyNot(scenario, /*starts_servers=*/true));
  };
  return choice;
}

ServerChoice ChooseAddress(const ServerOptions& options) {
  OutsideServer server;
  server.address = ResolveEndpoint(*options.address, options.allow_remote);
  RequireDescriptors();
  RequireListener(server.address, *options.address);
  server.allow_remote = options.allow_remote;
  ServerChoice choice = ThirdPartyChoice(*options.address, options);
  RequireProtocol(server.address, choice.targets.front());
  server.has_ended = RefusesConnections(server.address);
  choice.as_options = [options](const std::string& target) {
    return fmt::format("--connect {}{}{}", ShellWord(target), ProtocolOption(options),
                       options.allow_remote ? " --allow-remote" : "");
  };
  choice.place.make_world = [server](int) { return std::make_unique<OutsideWorld>(server); };
  choice.place.why_not = [](const Scenario& scenario) {
    return std::string(OutsideWorld::WhyNot(scenario, /*starts_servers=*/false));
  };
  choice.note = "The server was judged from outside, as it runs already: --exec sees more.";
  choice.is_shared = true;
  return choice;
}

}  // namespace

void AddTargetOptions(Command& command, ServerOptions& options, bool many) {
  command.Option(many ? "--target NAME[,NAME]" : "--target NAME", options.targets,
                 many ? "which servers (hupstorm list targets)"
                      : "which server (default: reference/epoll-lt, or the one that speaks "
                        "the protocol)");
  command.Option("--mend MENDS", options.mend,
                 "of a document's server: none (as written), all, or all-but=DEFECT[,DEFECT]");
  command.Option("--world WORLD", options.world,
                 "where to run: simulated (a kernel of our own, virtual time) or loopback (Linux); "
                 "default: simulated, and loopback for a program of --exec that cannot live there");
  command.Flag("--hardened", options.hardened,
               "the server is meant to survive what few do: run scenarios about that, too");
  command.Option("--executable FILE", options.executable,
                 "your own server: an executable with it, made by CMake's hupstorm_add_server");
}

void AddServerOptions(Command& command, ServerOptions& options, bool many) {
  AddTargetOptions(command, options, many);
  command.Option("--exec 'CMD {port}'", options.command,
                 "your own server: a shell command that starts it, listening on 127.0.0.1:{port}");
  command.Option("--connect HOST:PORT", options.address,
                 "your own server where it runs already, with one client after another");
  command.Flag("--outside", options.outside,
               "judge the server of --exec from outside, without the preload library");
  command.Flag("--allow-remote", options.allow_remote,
               "let --connect leave this machine: attack your own servers only");
  command
      .Option("--protocol PROTOCOL", options.protocol,
              "what your server speaks: echo, ack, http, none, or expect:FILE "
              "(hupstorm explain protocols)")
      .ShowDefault();
  command
      .Option("--start-timeout SECONDS", options.start_timeout_s,
              "seconds after which a server of --exec that does not listen is given up "
              "(default: 10)")
      .Within(0.1, 600.0);
}

void AddSchedulesOption(Command& command, ServerOptions& options) {
  command
      .Option("--schedules N", options.schedules,
              "of a program with threads on the simulated kernel: run each scenario under N more "
              "orders of its threads")
      .Within(1, kMostSchedules);
}

ServerChoice ChooseServer(const ServerOptions& asked) {
  if (asked.executable) {
    throw UsageError(
        "--executable {}: that is no executable made by CMake's hupstorm_add_server "
        "(docs/your-own-server.md); any program that serves can be tested by --exec",
        *asked.executable);
  }
  ServerOptions options = asked;
  const LinkedServer* const linked = TheLinkedServer();
  if (linked != nullptr && !options.targets && !options.IsThirdParty()) {
    options.targets = linked->target.name;
  }
  const int chosen =
      (options.targets ? 1 : 0) + (options.command ? 1 : 0) + (options.address ? 1 : 0);
  if (chosen != 1) {
    throw UsageError(
        "which server? One of --target NAME (hupstorm list targets), --exec 'CMD {port}', "
        "--connect HOST:PORT and --executable FILE");
  }
  if (options.targets && options.protocol != "echo") {
    throw UsageError("--protocol is for --exec and --connect: a target's own is known");
  }
  if (options.schedules > 0 && !options.command) throw NoSchedules();
  if (options.targets) return ChooseTargets(options);
  if (options.world && options.address) {
    throw UsageError("--world is for --target and --exec: --connect has a world of its own");
  }
  return options.command ? ChooseCommand(options) : ChooseAddress(options);
}

InsideServer ChooseInsideServer(const ServerOptions& options, std::string_view instead) {
  const ProcessOptions process = ProcessOptionsOf(options);
  InsideServer server = {CommandChoice(options), InsideOptionsOf(process)};
  RequireDescriptors();
  if (instead.empty()) {
    GoInside(process, server.options, /*may_run_on_linux=*/false, server.choice);
    return server;
  }
  const std::string why = ChooseInside(process, /*may_run_on_linux=*/false, server.choice);
  if (why.empty()) return server;
  throw UsageError("the program cannot live on the simulated kernel: {}. {}", why, instead);
}

IsolationOptions IsolationFor(const ServerChoice& server, const WorkerOptions& options) {
  IsolationOptions isolation = ToIsolation(options, server.place.make_world, server.is_in_worker);
  if (server.is_shared) isolation.workers = 1;
  if (server.targets.front().third_party) isolation.most_timeouts = kMostTimeouts;
  return isolation;
}

}  // namespace hupstorm
