// Which server `run` and `replay` are about: one of ours by name, or anybody's by the command that
// starts it or the address that it listens at.

#ifndef HUPSTORM_TOOLS_COMMANDS_SERVER_CHOICE_H_
#define HUPSTORM_TOOLS_COMMANDS_SERVER_CHOICE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/worlds/world.h"
#include "tools/commands/run_options.h"
#include "tools/isolation/isolated_runner.h"
#include "tools/report/findings_report.h"

namespace CLI {
class App;
}

namespace hupstorm {

// As typed.
struct ServerOptions {
  std::optional<std::string> targets;
  std::string mend = "none";
  std::string world = kDefaultWorld;
  std::optional<std::string> command;  // --exec
  std::optional<std::string> address;  // --connect
  // --executable of a file that RunHupstorm has not passed the command on to: none of ours.
  std::optional<std::string> executable;
  std::string protocol = "echo";
  bool outside = false;
  bool allow_remote = false;
  double start_timeout_s = 10.0;

  bool IsForeign() const { return command || address; }
};

// --target, --mend, --world, --executable: servers that are linked. `many`: --target takes a list.
void AddTargetOptions(CLI::App& command, ServerOptions& options, bool many);

// --target, --mend, --world, --exec, --connect, --protocol and what belongs to them. `many`:
// --target takes a list.
void AddServerOptions(CLI::App& command, ServerOptions& options, bool many);

// What becomes of them.
struct ServerChoice {
  std::vector<Target> targets;
  std::string name;   // as shown: "reference/poll,reference/select", "python3 server.py {port}"
  std::string world;  // "simulated", "loopback", "process"
  std::string mend;
  // The world of one worker, made in its process.
  WorldMaker make_world;
  // The server runs in the worker's own process, so that its death is the worker's.
  bool is_in_worker = true;
  // Why a scenario cannot be had in this world; empty where it can.
  std::function<std::string(const Scenario&)> why_not;
  // The options, for a shell, that say the same of one target.
  std::function<std::string(const std::string& target)> as_options;
  // What a user should know of how a foreign server is judged; may be empty.
  std::string note;
  // One server for all runs, so that one run at a time is made.
  bool is_shared = false;
};

// Where none is named it is the one that is linked to this executable. Starts a command's server
// once, to see what it is. Throws UsageError, also for a server that
// cannot be tested, and WorldFailed.
ServerChoice ChooseServer(const ServerOptions& options);

IsolationOptions IsolationFor(const ServerChoice& server, const WorkerOptions& options);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_COMMANDS_SERVER_CHOICE_H_
