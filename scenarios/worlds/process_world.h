// The process world: any server, started by a command for each scenario, with the preload library
// in it. The same scenarios, faults, placed steps and oracles as in the
// loopback world, for any number of processes and threads (kernel/linux/held/).

#ifndef HUPSTORM_SCENARIOS_WORLDS_PROCESS_WORLD_H_
#define HUPSTORM_SCENARIOS_WORLDS_PROCESS_WORLD_H_

#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>

#include "base/loopback_address.h"
#include "scenarios/worlds/outside_world.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {

struct ProcessOptions {
  std::string command;  // for /bin/sh; "{port}" stands for the port to listen on
  // Where it listens, but for the port; ::1 if it does at that alone: LookAtServer finds it out.
  sockaddr_storage host = LoopbackAddress(0);
  // Of libhupstorm_preload.so.
  std::string preload_library;
  // How long a server may take until it listens. One that takes longer counts as not starting.
  std::chrono::milliseconds start_timeout{10'000};
};

// What a server is, found out by starting it once.
struct ServerNature {
  enum class Kind : uint8_t {
    kHeld,    // the preload library is in, and its calls are seen
    kUnseen,  // it serves, and its calls are not seen: static, or it makes system calls by itself
    kNotServing  // it cannot be tested
  };
  Kind kind = Kind::kNotServing;
  // kUnseen, kNotServing: why, in a sentence or two, with what the server wrote.
  std::string why;
  sockaddr_storage host = LoopbackAddress(0);  // for ProcessOptions
};

// Starts the server, looks whether it listens and whether its calls are seen, and ends it. Throws
// std::system_error or WorldFailed if that is not the server's fault.
ServerNature LookAtServer(const ProcessOptions& options);

// The same server for OutsideWorld, without the preload library: started anew for each run.
OutsideServer StartedByCommand(const ProcessOptions& options);

class ProcessWorld final : public World {
 public:
  // Throws std::system_error. Binds the calling process to one processor, see LoopbackWorld.
  explicit ProcessWorld(ProcessOptions options);
  ~ProcessWorld() override;
  // The target's serve() is not called; its name and protocol are used. A scenario for which
  // LoopbackWorld::WhyNot says something is not run. A server that does not start is a WorldFailed.
  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions& options) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_PROCESS_WORLD_H_
