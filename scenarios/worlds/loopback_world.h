// The loopback world: the server in a child process on Linux, its clients in this one. The same
// scenarios, faults, placed steps and oracles as in the simulated world (see README.md beside this
// file), judged by what the real kernel does.

#ifndef HUPSTORM_SCENARIOS_WORLDS_LOOPBACK_WORLD_H_
#define HUPSTORM_SCENARIOS_WORLDS_LOOPBACK_WORLD_H_

#include <memory>

#include "scenarios/worlds/world.h"

namespace hupstorm {

// The executable must link hupstorm_shim. Binds the calling process, and the servers that it
// starts, to one processor, and raises its descriptor limit as far as it may: see
// kernel/linux/held/. Not for a process with other threads.
class LoopbackWorld final : public World {
 public:
  // Throws std::system_error if this process may not use loopback.
  LoopbackWorld();
  ~LoopbackWorld() override;
  // A scenario for which WhyNot says something is not run: it gives no finding and no calls.
  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions& options) override;

  // Why this scenario cannot be run on loopback; empty if it can.
  static std::string_view WhyNot(const Scenario& scenario);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_LOOPBACK_WORLD_H_
