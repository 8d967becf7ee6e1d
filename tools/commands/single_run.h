// One scenario against one server, as `replay` and `shrink` are asked for.

#ifndef HUPSTORM_TOOLS_COMMANDS_SINGLE_RUN_H_
#define HUPSTORM_TOOLS_COMMANDS_SINGLE_RUN_H_

#include <string>

#include "tools/catalogue/scenario_catalogue.h"
#include "tools/isolation/isolated_runner.h"
#include "tools/plan/choose_server.h"

namespace hupstorm {

struct SingleRun {
  Scenario scenario;
  std::string text;     // of a fuzzer's input: what it says; the lines of `scenario` are its lines
  ServerChoice server;  // with one target

  const Target& target() const { return server.targets.front(); }
};

// `file`: a scenario, or a fuzzer's input; `as_bytes`: the latter, whatever it holds. If `options`
// name no server it is the first target that speaks the scenario's protocol. Throws UsageError,
// also if the scenario cannot run there, and ParseError.
SingleRun ChooseSingleRun(const std::string& file, bool as_bytes, ServerOptions options);

// Runs `scenario` once on the server of `run`, and names the bugs that it shows, with their places
// and the disturbances that they need.
// Throws FailedError.
RunResult RunWithPlaces(const SingleRun& run, const Scenario& scenario, IsolationOptions isolation);

// A server of ours that speaks the protocol of `scenario` and has no known defect.
Target CorrectTarget(const Scenario& scenario);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_COMMANDS_SINGLE_RUN_H_
