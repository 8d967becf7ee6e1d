// The simulated world: server and clients in one thread, on a SimulatedKernel. The server's own
// calls drive the scenario (see README.md beside this file).

#ifndef HUPSTORM_SCENARIOS_WORLDS_SIMULATED_WORLD_H_
#define HUPSTORM_SCENARIOS_WORLDS_SIMULATED_WORLD_H_

#include <memory>

#include "scenarios/worlds/world.h"

namespace hupstorm {

// Reuse one object for many runs: it stays warm, and each run is as if it were the first. The
// executable must link hupstorm_shim; without it the server's calls go to Linux, and Run aborts.
class SimulatedWorld final : public World {
 public:
  SimulatedWorld();
  ~SimulatedWorld() override;
  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions& options) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SIMULATED_WORLD_H_
