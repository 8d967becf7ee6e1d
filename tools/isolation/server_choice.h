// The server that a command is about, as its options have selected it.

#ifndef HUPSTORM_TOOLS_ISOLATION_SERVER_CHOICE_H_
#define HUPSTORM_TOOLS_ISOLATION_SERVER_CHOICE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/worlds/world.h"
#include "tools/isolation/isolated_runner.h"

namespace hupstorm {

struct ServerChoice {
  std::vector<Target> targets;
  std::string name;   // as shown: "reference/poll,reference/select", "python3 server.py {port}"
  std::string world;  // "simulated", "loopback", "process"
  std::string mend;
  // The world of one worker, made in its process.
  WorldMaker make_world;
  // The server runs in the worker's own process, so that its death is the worker's.
  bool is_in_worker = true;
  // Why a scenario cannot run in this world; empty if it can.
  std::function<std::string(const Scenario&)> why_not;
  // The options, for a shell, that select one target in the same way.
  std::function<std::string(const std::string& target)> as_options;
  // For somebody else's program on the simulated kernel: its world on Linux, which is asked whether
  // it shows a finding too, and why a scenario cannot run there. Null for others.
  std::function<std::unique_ptr<World>()> make_linux_world;
  std::function<std::string(const Scenario&)> why_not_on_linux;
  // What a user should know of how a third-party server is judged; may be empty.
  std::string note;
  // One server takes all runs, so only one run at a time is made.
  bool is_shared = false;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_SERVER_CHOICE_H_
