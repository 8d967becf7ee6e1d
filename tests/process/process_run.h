// Runs of scenarios against somebody else's server, in the process world.

#ifndef HUPSTORM_TESTS_PROCESS_PROCESS_RUN_H_
#define HUPSTORM_TESTS_PROCESS_PROCESS_RUN_H_

#include <string>

#include "scenarios/worlds/process_world.h"
#include "tests/process/plain_process.h"

namespace hupstorm {

// With the preload library of this build.
ProcessOptions Started(std::string command, int timeout_ms = kServerPatienceMs);

// Of an echo server, in a world of its own.
RunResult RunServer(const std::string& command, const std::string& scenario,
                    bool record_time_line = false);

// "oracle: evidence", a line for each finding.
std::string Told(const RunResult& result);

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_PROCESS_PROCESS_RUN_H_
