#include "scenarios/worlds/inside/inside_or_held_world.h"

#include <utility>

namespace hupstorm {
namespace {

// A program that could not go on so often is not asked again: each time it is started anew.
constexpr int kMostFailures = 50;

}  // namespace

InsideOrHeldWorld::InsideOrHeldWorld(InsideOptions inside,
                                     std::function<std::unique_ptr<World>()> make_held)
    : inside_(std::move(inside)), make_held_(std::move(make_held)) {}

RunResult InsideOrHeldWorld::Run(const Scenario& scenario, const Target& target,
                                 const RunOptions& options) {
  if (failures_ >= kMostFailures) {
    return RunOnLinux(scenario, target, options,
                      "the program could not go on, in fifty other scenarios");
  }
  try {
    return inside_.Run(scenario, target, options);
  } catch (const WorldFailed& failed) {
    ++failures_;
    return RunOnLinux(scenario, target, options, failed.what());
  }
}

RunResult InsideOrHeldWorld::RunOnLinux(const Scenario& scenario, const Target& target,
                                        const RunOptions& options, std::string why) {
  if (held_ == nullptr) held_ = make_held_();
  RunResult result = held_->Run(scenario, target, options);
  result.ran_on_linux = std::move(why);
  return result;
}

}  // namespace hupstorm
