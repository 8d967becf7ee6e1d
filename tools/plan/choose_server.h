// The options that say which server a command is about: one of ours by name, or any other by the
// command that starts it or the address that it listens at.

#ifndef HUPSTORM_TOOLS_PLAN_CHOOSE_SERVER_H_
#define HUPSTORM_TOOLS_PLAN_CHOOSE_SERVER_H_

#include <optional>
#include <string>
#include <string_view>

#include "scenarios/worlds/inside/inside_world.h"
#include "tools/isolation/server_choice.h"
#include "tools/plan/run_options.h"
#include "tools/report/findings_report.h"

namespace hupstorm {

class Command;

// As typed.
struct ServerOptions {
  std::optional<std::string> targets;
  std::string mend = "none";
  std::optional<std::string> world;
  std::optional<std::string> command;  // --exec
  std::optional<std::string> address;  // --connect
  // --executable of a file that RunHupstorm has not passed the command on to: none of ours.
  std::optional<std::string> executable;
  std::string protocol = "echo";
  bool outside = false;
  bool hardened = false;
  bool allow_remote = false;
  double start_timeout_s = 10.0;
  int schedules = 0;  // orders of a program's threads that each scenario is tried under

  bool IsThirdParty() const { return command || address; }
};

// --target, --mend, --world, --executable: servers that are linked. `many`: --target takes a list.
void AddTargetOptions(Command& command, ServerOptions& options, bool many);

// --target, --mend, --world, --exec, --connect, --protocol and what belongs to them. `many`:
// --target takes a list.
void AddServerOptions(Command& command, ServerOptions& options, bool many);

// --schedules: of a program on the simulated kernel.
void AddSchedulesOption(Command& command, ServerOptions& options);

// If none is named it is the one that is linked to this executable. Starts a command's server once,
// to see what it is. Throws UsageError, also for a server that cannot be tested, and WorldFailed.
ServerChoice ChooseServer(const ServerOptions& options);

// A command's server, on the simulated kernel in its own process.
struct InsideServer {
  ServerChoice choice;
  InsideOptions options;
};
// As ChooseServer, for `options` with a command and the simulated world. `instead`: what can be
// done with a program that cannot live there, which a UsageError says; empty: it has been looked at
// before, and is not started.
InsideServer ChooseInsideServer(const ServerOptions& options, std::string_view instead);

IsolationOptions IsolationFor(const ServerChoice& server, const WorkerOptions& options);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_PLAN_CHOOSE_SERVER_H_
