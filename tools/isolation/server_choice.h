// The server that a command is about, as its options have selected it.

#ifndef HUPSTORM_TOOLS_ISOLATION_SERVER_CHOICE_H_
#define HUPSTORM_TOOLS_ISOLATION_SERVER_CHOICE_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/worlds/world.h"
#include "tools/isolation/isolated_runner.h"

namespace hupstorm {

// Where runs are made.
struct RunPlace {
  WorldMaker make_world;  // of one worker, made in its process
  // Why a scenario cannot run there; empty if it can.
  std::function<std::string(const Scenario&)> why_not;
};

struct ServerChoice {
  std::vector<Target> targets;
  std::string name;   // as shown: "reference/poll,reference/select", "python3 server.py {port}"
  std::string world;  // "simulated", "loopback", "process"
  std::string mend;
  RunPlace place;
  // For what is made up by the thousand, a sweep's placements and random scenarios: a program that
  // cannot go on on the simulated kernel is not taken to Linux, which is slow. As place.make_world
  // if null.
  WorldMaker world_of_many;
  // For somebody else's program on the simulated kernel: its place on Linux, which is asked whether
  // it shows a finding too. Null for others.
  std::optional<RunPlace> place_on_linux;
  // The server runs in the worker's own process, so that its death is the worker's.
  bool is_in_worker = true;
  // The options, for a shell, that select one target in the same way.
  std::function<std::string(const std::string& target)> as_options;
  // What a user should know of how a third-party server is judged; may be empty.
  std::string note;
  // One server takes all runs, so only one run at a time is made.
  bool is_shared = false;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_SERVER_CHOICE_H_
