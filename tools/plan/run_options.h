// Options that `run`, `replay` and `matrix` share, and the worker processes that they ask for.

#ifndef HUPSTORM_TOOLS_PLAN_RUN_OPTIONS_H_
#define HUPSTORM_TOOLS_PLAN_RUN_OPTIONS_H_

#include <string>
#include <string_view>

#include "tools/isolation/isolated_runner.h"

namespace hupstorm {

class Command;

struct WorkerOptions {
  int jobs = 0;             // worker processes; 0: as many as suit this machine
  double timeout_s = 10.0;  // seconds for one scenario
};
void AddWorkerOptions(Command& command, WorkerOptions& options);  // --jobs, --timeout
void AddTimeoutOption(Command& command, WorkerOptions& options);  // --timeout alone

// --severity: the name of the least severity that makes the command exit with 1.
void AddSeverityOption(Command& command, std::string& severity);

// What is wrong with `text` as a number of seconds; empty for nothing. A check of an option.
std::string CheckSeconds(const std::string& text, double shortest, double longest);

void AddWorldOption(Command& command, std::string& world);  // --world

IsolationOptions ToIsolation(const WorkerOptions& options, WorldMaker make_world,
                             bool server_is_in_worker);

// What makes a world of ours, by name. Throws UsageError for one that there is not.
WorldMaker MakerOf(const std::string& world);

// Why a scenario cannot run in a world; empty if it can.
std::string_view WhyNotIn(const std::string& world, const Scenario& scenario);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_PLAN_RUN_OPTIONS_H_
