// A run's result as bytes, for the pipe between a worker process and its parent. Both ends are the
// same executable, so the format needs no version.

#ifndef HUPSTORM_TOOLS_ISOLATION_WIRE_H_
#define HUPSTORM_TOOLS_ISOLATION_WIRE_H_

#include <string>
#include <string_view>

#include "scenarios/worlds/world.h"

namespace hupstorm {

std::string EncodeResult(const RunResult& result);
// Throws std::runtime_error where `bytes` is not what EncodeResult gives.
RunResult DecodeResult(std::string_view bytes);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_WIRE_H_
