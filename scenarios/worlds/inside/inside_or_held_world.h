// Somebody else's program on the simulated kernel; if it cannot go on there, it does so on Linux.

#ifndef HUPSTORM_SCENARIOS_WORLDS_INSIDE_INSIDE_OR_HELD_WORLD_H_
#define HUPSTORM_SCENARIOS_WORLDS_INSIDE_INSIDE_OR_HELD_WORLD_H_

#include <functional>
#include <memory>
#include <string>

#include "scenarios/worlds/inside/inside_world.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {

class InsideOrHeldWorld final : public World {
 public:
  // `make_held`: makes the program's world on Linux, if it is needed.
  InsideOrHeldWorld(InsideOptions inside, std::function<std::unique_ptr<World>()> make_held);

  // RunResult::ran_on_linux says why, if the program could not go on in the inside world. Throws
  // WorldFailed if it can in neither.
  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions& options) override;

 private:
  RunResult RunOnLinux(const Scenario& scenario, const Target& target, const RunOptions& options,
                       std::string why);

  InsideWorld inside_;
  std::function<std::unique_ptr<World>()> make_held_;
  std::unique_ptr<World> held_;
  int failures_ = 0;  // of the inside world
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_INSIDE_INSIDE_OR_HELD_WORLD_H_
