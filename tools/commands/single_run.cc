#include "tools/commands/single_run.h"

#include <fmt/format.h>

#include <deque>
#include <utility>
#include <vector>

#include "scenarios/language/fit.h"
#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"
#include "scenarios/worlds/schedules_world.h"
#include "tools/catalogue/linked_server.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/errors.h"
#include "tools/plan/plan.h"
#include "tools/report/bugs.h"
#include "tools/shrink/needs.h"

namespace hupstorm {
namespace {

// The target to use if none is named: the first that speaks the scenario's protocol.
std::string DefaultTarget(const Scenario& scenario, const MendChoice& mend) {
  if (Fits(scenario, Target{})) return "reference/epoll-lt";
  for (const std::string& name : TargetNames()) {
    if (IsDocumented(name) && Fits(scenario, MakeTarget(name, mend))) return name;
  }
  throw UsageError("no target speaks {}", ProtocolName(scenario.protocol));
}

// A fuzzer's input as its text, parsed again: so that steps have the line numbers that are shown.
std::string ShowAsText(Scenario& scenario) {
  const std::string text = PrintScenario(scenario);
  if (scenario.steps.empty()) return text;  // no text says nothing at all, but bytes can
  Scenario parsed = ParseScenario(text, scenario.file);
  parsed.name = scenario.name;
  scenario = std::move(parsed);
  return text;
}

}  // namespace

SingleRun ChooseSingleRun(const std::string& file, bool as_bytes, ServerOptions options) {
  ReplayInput input = LoadReplayInput(file, as_bytes);
  SingleRun run;
  run.scenario = std::move(input.scenario);
  if (!options.targets && !options.IsThirdParty() && TheLinkedServer() == nullptr) {
    options.targets = DefaultTarget(run.scenario, ParseMend(options.mend));
  }
  run.server = ChooseServer(options);
  if (run.server.targets.size() != 1) throw UsageError("one target can be replayed at a time");
  const Target& target = run.target();
  // A fuzzer's bytes were found with a server, whatever protocol they name: here it is this one.
  if (input.from_bytes) run.scenario.protocol = WrittenFor(target);
  CheckFit(file, run.scenario, target, run.server);
  if (input.from_bytes) run.text = ShowAsText(run.scenario);
  return run;
}

RunResult RunWithPlaces(const SingleRun& run, const Scenario& scenario,
                        IsolationOptions isolation) {
  isolation.run.find_blame = true;
  const Job job{&scenario, &run.target()};
  RunResult result;
  RunIsolated({&job, 1}, isolation, [&](size_t, RunResult answer) { result = std::move(answer); });
  BugNamer bugs(run.server.targets);
  bugs.Name(result);
  std::vector<ShownFinding> shown;
  std::deque<Scenario> scenarios;
  for (Finding& finding : result.findings) {
    scenarios.push_back(ShowingScenario(scenario, finding));
    shown.push_back({&finding, &scenarios.back(), &run.target()});
  }
  FindNeeds(run.server, isolation, NeedsBoundsFor(run.server), bugs, shown);
  return result;
}

Target CorrectTarget(const Scenario& scenario) {
  const MendChoice all{MendChoice::Kind::kAll, {}};
  const std::string name = DefaultTarget(scenario, all);
  return MakeTarget(name, IsDocumented(name) ? all : MendChoice{});
}

}  // namespace hupstorm
