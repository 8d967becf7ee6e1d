// Scenarios and results as bytes, for the pipe between a worker process and its parent. Both ends
// are the same executable, so the format needs no version.

#ifndef HUPSTORM_TOOLS_ISOLATION_WIRE_H_
#define HUPSTORM_TOOLS_ISOLATION_WIRE_H_

#include <string>
#include <string_view>

#include "scenarios/worlds/world.h"

namespace hupstorm {

// Those that decode throw std::runtime_error where `bytes` is not what encoding gives.
std::string EncodeResult(const RunResult& result);
RunResult DecodeResult(std::string_view bytes);

// Whole, with its name, its file and the lines of its steps.
std::string WriteScenario(const Scenario& scenario);
Scenario ReadScenario(std::string_view bytes);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_WIRE_H_
