#include "tests/process/process_run.h"

#include <chrono>
#include <utility>

#include "scenarios/language/parse.h"
#include "target/target.h"

namespace hupstorm {

ProcessOptions Started(std::string command, int timeout_ms) {
  ProcessOptions options;
  options.command = std::move(command);
  options.preload_library = HUPSTORM_PRELOAD;
  options.start_timeout = std::chrono::milliseconds(timeout_ms);
  return options;
}

RunResult RunServer(const std::string& command, const std::string& scenario,
                    bool record_time_line) {
  Target target;
  target.name = command;
  target.protocol = Protocol::kEcho;
  target.third_party = true;
  RunOptions options;
  options.record_time_line = record_time_line;
  ProcessWorld world(Started(command));
  return world.Run(ParseScenario(scenario, "test.scn"), target, options);
}

std::string Told(const RunResult& result) {
  std::string all;
  for (const Finding& finding : result.findings) {
    all += finding.oracle + ": " + finding.evidence + "\n";
  }
  return all;
}

}  // namespace hupstorm
