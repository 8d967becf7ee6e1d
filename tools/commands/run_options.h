// Options that `run`, `replay` and `matrix` share, and what becomes of them.

#ifndef HUPSTORM_TOOLS_COMMANDS_RUN_OPTIONS_H_
#define HUPSTORM_TOOLS_COMMANDS_RUN_OPTIONS_H_

#include <string>

#include "tools/isolation/isolated_runner.h"

namespace CLI {
class App;
}

namespace hupstorm {

struct WorkerOptions {
  int jobs = 0;             // worker processes; 0: as many as suit this machine
  double timeout_s = 10.0;  // seconds for one scenario
};
void AddWorkerOptions(CLI::App& command, WorkerOptions& options);  // --jobs, --timeout
void AddTimeoutOption(CLI::App& command, WorkerOptions& options);  // --timeout alone

// In the simulated world.
IsolationOptions ToIsolation(const WorkerOptions& options);

// --world. Throws UsageError for a world other than "simulated".
void CheckWorld(const std::string& world);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_COMMANDS_RUN_OPTIONS_H_
