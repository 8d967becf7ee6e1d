#include "tools/commands/run_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>

#include "scenarios/worlds/simulated_world.h"
#include "tools/cli/errors.h"

namespace hupstorm {

void AddWorkerOptions(CLI::App& command, WorkerOptions& options) {
  command.add_option("--jobs", options.jobs, "worker processes (default: one a processor)")
      ->check(CLI::Range(1, 64))
      ->type_name("N");
  command
      .add_option("--timeout", options.timeout_s,
                  "seconds after which a server that makes no system call is killed (default: 10)")
      ->check(CLI::Range(0.1, 3600.0))
      ->type_name("SECONDS");
}

IsolationOptions ToIsolation(const WorkerOptions& options) {
  IsolationOptions isolation;
  isolation.workers = options.jobs > 0 ? options.jobs : DefaultWorkers();
  isolation.timeout = std::chrono::milliseconds(std::lround(options.timeout_s * 1000));
  isolation.make_world = [] { return std::make_unique<SimulatedWorld>(); };
  return isolation;
}

void CheckWorld(const std::string& world) {
  if (world == "simulated") return;
  throw UsageError(
      fmt::format("no world \"{}\" in this version; the one there is: --world simulated", world));
}

}  // namespace hupstorm
