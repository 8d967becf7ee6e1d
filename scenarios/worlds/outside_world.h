// The world from outside: a server of which only the port is known, or the process too.
// Its calls are not seen, and time is real (see README.md beside this file). What cannot be known
// from outside is not judged.

#ifndef HUPSTORM_SCENARIOS_WORLDS_OUTSIDE_WORLD_H_
#define HUPSTORM_SCENARIOS_WORLDS_OUTSIDE_WORLD_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "scenarios/worlds/world.h"

namespace hupstorm {

// A server whose source is not ours.
struct OutsideServer {
  // A server that listens.
  struct Instance {
    sockaddr_storage address = {};  // AF_INET or AF_INET6
    // The process that was started, or one of ours above it: the server's processes are this one
    // and its descendants.
    pid_t root = -1;
  };
  // How the server's first process has ended.
  struct End {
    int status = 0;      // as waitpid tells
    std::string output;  // what it wrote, or the end of that
    std::string errors;  // of that, what went to standard error
  };

  // Starts a fresh server and returns when it listens; ends the one that it started before. Called
  // before each run, with the most connections that the scenario has at once. What it throws leaves
  // World::Run. Empty for a server that runs already.
  std::function<Instance(uint64_t connections)> start;
  // Whether the server that `start` has started last has ended; does not wait. Called often.
  std::function<std::optional<End>()> ended;
  // What it wrote last, to be shown with its findings. May be empty.
  std::function<std::string()> output = nullptr;
  // The address of a server that runs already: it serves all runs and is never asked to stop.
  sockaddr_storage address = {};
  // It was there, and has ended before the first run: it could not take what it was sent.
  bool has_ended = false;
  // How long a server may take to end after SIGTERM. Once it has taken longer, it gets a second in
  // later runs of the same world.
  std::chrono::nanoseconds stop_patience = std::chrono::seconds(30);
  // Servers on other machines too.
  bool allow_remote = false;
};

class OutsideWorld final : public World {
 public:
  // Throws std::invalid_argument if the address is not loopback and `allow_remote` is not set,
  // and std::system_error if Linux does not tell of sockets (sock_diag). Raises the descriptor
  // limit of this process as far as it may.
  explicit OutsideWorld(OutsideServer server);
  ~OutsideWorld() override;
  // `target.serve` is not called; the rest of it says how to judge. A scenario for which WhyNot
  // says something is not run: it gives no finding and no calls. A server that should run already
  // and is not there is a WorldFailed.
  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions& options) override;

  // Why this scenario cannot be run; empty if it can.
  std::string_view WhyNot(const Scenario& scenario) const;
  // The same before there is a world. `starts_servers`: OutsideServer::start is there.
  static std::string_view WhyNot(const Scenario& scenario, bool starts_servers);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_OUTSIDE_WORLD_H_
