// Turns the end of a worker process into a finding.

#ifndef HUPSTORM_TOOLS_ISOLATION_DEATH_H_
#define HUPSTORM_TOOLS_ISOLATION_DEATH_H_

#include <chrono>
#include <string_view>

#include "scenarios/worlds/world.h"

namespace hupstorm {

// `how`: "killed by SIGSEGV (Segmentation fault)". `output`: what the process wrote last; a
// sanitizer's report or the message of an abort is quoted from it.
RunResult DeathResult(const Scenario& scenario, const Target& target, std::string_view how,
                      std::string_view output);

RunResult TimeoutResult(const Scenario& scenario, const Target& target,
                        std::chrono::milliseconds timeout);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_DEATH_H_
