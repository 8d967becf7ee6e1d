// hupstorm sweep SCENARIO... --target NAME[,NAME] | --exec 'CMD {port}' --world simulated

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "scenarios/language/parse.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/cli/text_table.h"
#include "tools/commands/commands.h"
#include "tools/gate/confirm.h"
#include "tools/plan/choose_server.h"
#include "tools/plan/plan.h"
#include "tools/report/bugs.h"
#include "tools/report/json_output.h"
#include "tools/report/left_out.h"
#include "tools/report/sweep_report.h"
#include "tools/shrink/needs.h"
#include "tools/sweep/sweep_runner.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
Runs a scenario once for each call that the server makes in it and each thing that can go wrong at
that call: the errors and short counts that Linux may give it there, a reset and a half-close by the
client that it is about (if it waits or accepts: by a client of each group), 30 s that go by, and SIGTERM.
SCENARIO is as for hupstorm run; "suite" is all of the built-in suite. What a scenario expects of an
undisturbed run is not judged, and of its rounds two are run.

Each bug is reported once, at its line of the server, with what went wrong in the first run that showed its
gravest symptom, as a scenario that hupstorm replay takes: --out DIR writes it to a file, OUT/ORACLE-FINGERPRINT.scn.

Calls that are alike are not all swept: the same call, with the same outcome, at the same step, with
the same recent calls on the connection. In a scenario of more than some hundred calls, the first, the
second and the last of them are swept. If several scenarios are swept, such a large one is swept only at
the first call of each kind that no smaller scenario has. --all sweeps each.

--pairs lets two things go wrong in a run, the second in a call after the first. If a scenario and a
target have more than 20,000 pairs (--pairs=N: more than N), about that many are taken, spread over all
calls, the same ones each time.

Examples:
  hupstorm sweep half-close/echo-drains --target doc000/epoll-queue
  hupstorm sweep suite --target reference/poll,reference/select
  hupstorm sweep my.scn --target reference/epoll-et --pairs --out findings
  hupstorm sweep reset --target doc001/poll --mend all-but=reset-kills-server
  hupstorm sweep half-close short-io --exec './my_server {port}' --world simulated

--json prints {"target","mend","world","scenarios":N,"calls":N,"alike":N,"placements":N,"pairs":N,
"pairs_left_out":N,"survey_seconds","seconds","rate","findings":[{"oracle","target","scenario","placement":[],
"evidence","fingerprint","severity","bug","place":{"file","line","function","call"},"cause","needs","file","line","runs","alone","text","replay"}]}.)";

constexpr uint64_t kMostPairs = 20'000;  // of a scenario and target, unless --pairs says otherwise
// Placements that only --timeout ends, until the sweep is given up.
constexpr int kMostTimeouts = 10;

struct Options {
  std::vector<std::string> scenarios;
  ServerOptions server;
  std::string out;
  bool all = false;
  bool unconfirmed = false;
  bool json = false;
  uint64_t most_pairs = 0;
  WorkerOptions workers;
};

void AskLinux(const ServerChoice& server, const IsolationOptions& isolation, SweepReport& report) {
  std::deque<Scenario> scenarios;
  std::vector<Question> questions;
  std::vector<std::string> bugs;
  for (const SweepFinding& found : report.findings) {
    scenarios.push_back(ParseScenario(found.text, found.finding.scenario));
    bugs.push_back(BugOf(found.finding));
    questions.push_back({&server.targets.front(), &scenarios.back(), {found.finding.oracle}});
  }
  std::vector<Confirmation> answers = ConfirmOnLinux(server, isolation, questions);
  ConfirmByBug(bugs, answers);
  for (size_t i = 0; i < answers.size(); ++i) report.findings[i].confirmation = answers[i];
}

void LookForNeeds(const ServerChoice& server, const IsolationOptions& isolation, BugNamer& bugs,
                  SweepReport& report) {
  std::deque<Scenario> scenarios;
  std::vector<ShownFinding> shown;
  for (SweepFinding& found : report.findings) {
    scenarios.push_back(ParseScenario(found.text, found.finding.scenario));
    const auto target = std::ranges::find(server.targets, found.finding.target,
                                          [](const Target& one) { return one.name; });
    if (target != server.targets.end())
      shown.push_back({&found.finding, &scenarios.back(), &*target});
  }
  FindNeeds(server, isolation, NeedsBoundsFor(server), bugs, shown);
}

int RunSweepCommand(const Options& options, const std::string& program) {
  ServerOptions server = options.server;
  if (server.command && !server.world) server.world = kDefaultWorld;
  Plan plan;
  MakePlan(options.scenarios, server, plan);
  if (plan.server.world != kDefaultWorld && plan.server.targets.front().third_party) {
    throw UsageError("a sweep of somebody else's server needs the simulated kernel: --exec");
  }
  if (!options.out.empty()) MakeOutputFolder(options.out);
  Progress progress("sweeping");
  SweepSettings settings;
  settings.isolation = IsolationFor(plan.server, options.workers);
  settings.all = options.all;
  settings.isolation.most_timeouts = kMostTimeouts;
  settings.most_pairs = options.most_pairs;
  BugNamer bugs(plan.server.targets);
  settings.bugs = &bugs;
  settings.file_of = [&](const Finding& finding) { return ScenarioFile(options.out, finding); };
  settings.on_progress = [&progress](uint64_t done, uint64_t total, size_t findings) {
    progress.Update(done, total, Count(findings, "finding"));
  };
  SweepReport report = RunSweep(plan.jobs, settings);
  LookForNeeds(plan.server, settings.isolation, bugs, report);
  AskLinux(plan.server, settings.isolation, report);
  for (const SweepFinding& found : report.findings) {
    if (!options.out.empty()) WriteOwnFile(found.finding.file, found.text);
  }
  if (options.json) {
    nlohmann::ordered_json json = ServerJson(plan.server);
    json.update(SweepJson(report, program, plan.server.as_options));
    PrintJson(json);
  } else {
    const Style style = Style::For(stdout);
    Print(SweepText(report, program, plan.server.as_options, style));
    Print("{}: {}", plan.server.name, SweepSummary(report, style));
    for (const std::string& text : ReasonTexts(plan.left_out, kLeftOut)) Print(text + "\n");
    if (!report.broken_off.empty()) Print(style.Yellow(report.broken_off) + "\n");
  }
  const auto counts = [&options](const SweepFinding& found) {
    return options.unconfirmed || found.confirmation.state != Confirmation::State::kNotReproduced;
  };
  return std::ranges::any_of(report.findings, counts) ? kExitFindings : kExitClean;
}

}  // namespace

void AddSweepCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "sweep",
                  "Run scenarios with each thing going wrong at each call of the server", kFooter);
  command.Option("scenarios SCENARIO", options->scenarios, "what to sweep").Required();
  AddServerOptions(command, options->server, /*many=*/true);
  AddSchedulesOption(command, options->server);
  command.Option("--out DIR", options->out, "write each finding's scenario to this folder");
  command
      .Flag(fmt::format("--pairs{{{}}} =N", kMostPairs), options->most_pairs,
            "let two things go wrong in a run: this many pairs at most")
      .Within(uint64_t{1}, uint64_t{1'000'000'000});
  command.Flag("--all", options->all, "sweep every call, also of those that are alike");
  command.Flag("--unconfirmed", options->unconfirmed,
               "of a program on the simulated kernel: what Linux does not show counts, too");
  command.Flag("--json", options->json, "print one JSON object");
  AddWorkerOptions(command, options->workers);
  command.Does(line.action, [options, &line] { return RunSweepCommand(*options, line.program); });
}

}  // namespace hupstorm
