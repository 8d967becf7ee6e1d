// hupstorm run [SCENARIO...] --target NAME[,NAME] | --exec 'CMD {port}' | --connect HOST:PORT

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "scenarios/language/print.h"
#include "scenarios/worlds/schedules_world.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/text_table.h"
#include "tools/commands/commands.h"
#include "tools/gate/confirm.h"
#include "tools/plan/choose_server.h"
#include "tools/plan/plan.h"
#include "tools/plan/run_options.h"
#include "tools/report/bugs.h"
#include "tools/report/findings_report.h"
#include "tools/report/json_output.h"
#include "tools/report/left_out.h"
#include "tools/shrink/needs.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
SCENARIO is a .scn file, a folder of them, or a name or folder of the built-in suite
(hupstorm list scenarios). Without any, the whole suite is run, as far as it speaks the target's
protocol. Each bug names the scenario that shows it, for the command at the end.

Examples:
  hupstorm run --target doc000/epoll-queue
  hupstorm run half-close reset --target reference/poll,reference/select
  hupstorm run my.scn --target doc001/poll --mend all-but=urgent-data-kills
  hupstorm run --target reference/epoll-et --json
  hupstorm run --exec './my_server --port {port}'
  hupstorm run --exec 'redis-server --port {port}' --protocol expect:redis.expect
  hupstorm run --exec './my_server {port}' --world simulated --schedules 100

Findings are one bug if the same call of the server's is to blame for them and ended in the same way. Its
line in the server's source comes first, and next why; of a program without lines (-g) its address. --all
shows each finding. The gravest bugs come first:

  high    a remote client alone makes the server die, or lose bytes or others' service
  medium  a remote client makes it leak, or lose what a client was owed that had half-closed; or a shortage
          of the machine (ENOMEM, ENOBUFS, ENOSPC, ENFILE) makes it die or lose
  low     the shortage makes it leak; or it merely ends in another way than expected

"needs" names what it takes of all that goes wrong in a short scenario that shows the bug: each fault, short
count, capacity, reset, half-close, close, wait, late reader, placement and batch is taken away in turn, and the
bug does not show without these. "any of": one of them is enough. What a scenario itself expects is not asked for,
nor a scenario with more than 32 such; a program is asked for 8 s at most, on Linux for 4 s.

--severity LEVEL sets from where on bugs make hupstorm exit with 1.

Each bug that the simulated kernel shows in somebody else's program (--exec --world simulated) is taken to
Linux: "confirmed on Linux", "not reproduced on Linux" (listed apart), or why it cannot be.

--schedules N runs each scenario as it is, with each thread of the program running until it blocks, and
under N random orders of threads. What one of these shows is reported with the scenario that names it
("schedule 7"), and so is the same each time. Linux may choose another order: then it is not to be confirmed.

--json prints {"target","world","scenarios":N,"findings":[{"oracle","target","scenario","file","line",
"step","evidence","fingerprint","severity","bug","place":{"file","line","function","call"},"cause","needs","replay"}],
"bugs":[{"bug","place","cause","needs","severity","oracles":[],"findings":N,"replay"}]}; "place" is null where it is
not known; "needs" is {"scenario","all":[{"what","line","place"}],"any":[],"takes_more","not_known_because"}, or null; with --exec --world simulated each finding has "confirmed", too, and "schedule" if it shows under
that order of threads alone. Of several targets "target" is the list, and each finding names its own. "left_out" and "limits_missed" ([{"reason","scenarios":[]}]) say which scenarios
were not run, and which did not come to the limit that they are about. On Linux "seconds" and "slowest"
([{"scenario","seconds"}]) say what took the time.)";

struct Options {
  std::vector<std::string> scenarios;
  ServerOptions server;
  bool json = false;
  bool all = false;
  bool unconfirmed = false;
  std::string severity = "low";
  WorkerOptions workers;
};

struct Outcome {
  std::vector<ReportedFinding> findings;        // in the order of the plan
  std::vector<ReportedFinding> not_reproduced;  // on Linux
  size_t done = 0;                              // scenarios
  size_t never_at_rest = 0;                     // of these, such as were ended before their end
  std::array<ByReason, std::size(kToldReasons)> told;
  double seconds = 0;
  std::vector<std::pair<double, size_t>> slowest;  // seconds and job, on Linux: the slowest first
  std::string broken_off;  // why not all was run; what was found until then is not lost
};

// Keeps the slowest few.
void NoteTime(double seconds, size_t job, std::vector<std::pair<double, size_t>>& slowest) {
  constexpr size_t kMost = 5;
  slowest.emplace_back(seconds, job);
  std::sort(slowest.rbegin(), slowest.rend());
  slowest.resize(std::min(slowest.size(), kMost));
}

// Of findings with one fingerprint the first is taken to Linux.
void Confirm(const Plan& plan, const IsolationOptions& isolation, const std::vector<size_t>& jobs,
             std::vector<ReportedFinding>& findings) {
  std::map<std::string, size_t> question_of;  // by fingerprint
  std::vector<Question> questions;
  std::deque<Scenario> scenarios;
  for (size_t i = 0; i < findings.size(); ++i) {
    const Finding& finding = findings[i].finding;
    if (!question_of.try_emplace(finding.fingerprint, questions.size()).second) continue;
    const Job& job = plan.jobs[jobs[i]];
    scenarios.push_back(ShowingScenario(*job.scenario, finding));
    questions.push_back({job.target, &scenarios.back(), {finding.oracle}});
  }
  const auto answers = ConfirmOnLinux(plan.server, isolation, questions);
  std::vector<std::string> bugs;
  std::vector<Confirmation> of_findings;
  for (const ReportedFinding& reported : findings) {
    bugs.push_back(BugOf(reported.finding));
    of_findings.push_back(answers[question_of.at(reported.finding.fingerprint)]);
  }
  ConfirmByBug(bugs, of_findings);
  for (size_t i = 0; i < findings.size(); ++i) findings[i].confirmation = of_findings[i];
}

void LookForNeeds(const Plan& plan, const IsolationOptions& isolation,
                  const std::vector<size_t>& jobs, BugNamer& bugs,
                  std::vector<ReportedFinding>& findings) {
  std::deque<Scenario> scenarios;
  std::vector<ShownFinding> shown;
  for (size_t i = 0; i < findings.size(); ++i) {
    const Job& job = plan.jobs[jobs[i]];
    Finding& finding = findings[i].finding;
    scenarios.push_back(ShowingScenario(*job.scenario, finding));
    shown.push_back({&finding, &scenarios.back(), job.target});
  }
  FindNeeds(plan.server, isolation, NeedsBoundsFor(plan.server), bugs, shown);
}

std::string ReplayOf(const Finding& finding, const Scenario& scenario, const ServerChoice& server,
                     const std::string& program) {
  if (finding.schedule == 0) {
    return ReplayCommand(program, finding, server.as_options(finding.target));
  }
  Finding in_no_file = finding;
  in_no_file.file.clear();
  return ReplayOfText(program, in_no_file, PrintScenario(ShowingScenario(scenario, finding)),
                      server.as_options);
}

Outcome RunPlan(const Plan& plan, const Options& options, const std::string& program) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::vector<Finding>> by_job(plan.jobs.size());
  std::vector<std::string> outputs(plan.jobs.size());
  BugNamer bugs(plan.server.targets);
  Progress progress("running scenarios");
  size_t found = 0;
  Outcome outcome;
  const auto take = [&](size_t job, RunResult result) {
    found += result.findings.size();
    outcome.never_at_rest += result.never_at_rest ? 1 : 0;
    for (size_t i = 0; i < outcome.told.size(); ++i) {
      const std::string& why = result.*kToldReasons[i].why;
      if (!why.empty()) outcome.told[i][why].push_back(plan.jobs[job].scenario->name);
    }
    if (plan.server.world != "simulated") NoteTime(result.seconds, job, outcome.slowest);
    bugs.Name(result);
    by_job[job] = std::move(result.findings);
    if (!by_job[job].empty()) outputs[job] = std::move(result.output);
    progress.Update(++outcome.done, plan.jobs.size(), Count(found, "finding"),
                    plan.jobs[job].scenario->name);
  };
  try {
    IsolationOptions isolation = IsolationFor(plan.server, options.workers);
    isolation.run.find_blame = true;
    RunIsolated(plan.jobs, isolation, take);
  } catch (const FailedError& error) {
    if (found == 0) throw;
    outcome.broken_off = fmt::format("broken off after {} of {} scenarios: {}", outcome.done,
                                     plan.jobs.size(), error.what());
  }
  std::vector<size_t> jobs;  // of the findings
  for (size_t job = 0; job < by_job.size(); ++job) {
    for (Finding& finding : by_job[job]) {
      bugs.Recall(finding);
      std::string replay = ReplayOf(finding, *plan.jobs[job].scenario, plan.server, program);
      outcome.findings.push_back({std::move(finding), std::move(replay), outputs[job]});
      jobs.push_back(job);
    }
  }
  const IsolationOptions isolation = IsolationFor(plan.server, options.workers);
  LookForNeeds(plan, isolation, jobs, bugs, outcome.findings);
  Confirm(plan, isolation, jobs, outcome.findings);
  outcome.not_reproduced = TakeNotReproduced(outcome.findings);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  outcome.seconds = elapsed.count();
  return outcome;
}

std::vector<ReportedFinding> GravestFirst(std::vector<ReportedFinding> findings) {
  std::ranges::stable_sort(findings, {},
                           [](const auto& reported) { return RankOf(reported.finding); });
  return findings;
}

void PrintOutcome(const Plan& plan, const Options& options, const Outcome& outcome) {
  const Style style = Style::For(stdout);
  const std::vector<Severity> bugs = SeveritiesOfBugs(outcome.findings);
  std::string count = CountBySeverity(bugs);
  if (const size_t found = outcome.findings.size(); bugs.size() < found) {
    count +=
        fmt::format(" ({}{})", Count(found, "finding"), options.all ? "" : "; --all shows each");
  }
  if (!bugs.empty()) Print(style.Red(count) + "\n");
  Print(FindingsText(GravestFirst(outcome.findings), options.all, style));
  if (!outcome.not_reproduced.empty()) {
    Print("What Linux does not show (exit code 1 only with --unconfirmed):\n");
    Print(FindingsText(GravestFirst(outcome.not_reproduced), options.all, style));
  }
  const ServerChoice& server = plan.server;
  const std::string mended = server.mend == "none" ? "" : fmt::format(" --mend {}", server.mend);
  std::string summary = fmt::format("{}{}: {} run in {:.1f} s: ", server.name, mended,
                                    Count(outcome.done, "scenario"), outcome.seconds);
  summary += bugs.empty() ? style.Green(count) : style.Red(count);
  if (!outcome.not_reproduced.empty()) {
    summary += fmt::format("; {} not reproduced on Linux", outcome.not_reproduced.size());
  }
  Print(summary + "\n");
  for (const std::string& text : ReasonTexts(plan.left_out, kLeftOut)) Print(text + "\n");
  for (size_t i = 0; i < outcome.told.size(); ++i) {
    for (const std::string& text : ReasonTexts(outcome.told[i], kToldReasons[i].what)) {
      Print(text + "\n");
    }
  }
  if (outcome.never_at_rest > 0) {
    Print("{} ended early: the server never came to rest, or was too slow\n",
          Count(outcome.never_at_rest, "scenario"));
  }
  constexpr double kWorthTellingS = 2;
  if (!outcome.slowest.empty() && outcome.slowest.front().first >= kWorthTellingS) {
    std::vector<std::string> slowest;
    for (const auto& [seconds, job] : outcome.slowest) {
      slowest.push_back(fmt::format("{} {:.1f} s", plan.jobs[job].scenario->name, seconds));
    }
    Print("the slowest: {}\n", fmt::join(slowest, ", "));
  }
  if (!server.note.empty()) Print(server.note + "\n");
  if (!outcome.broken_off.empty()) Print(style.Yellow(outcome.broken_off) + "\n");
}

void PrintOutcomeAsJson(const Plan& plan, const Outcome& outcome) {
  nlohmann::ordered_json json = ServerJson(plan.server);
  json["scenarios"] = outcome.done;
  std::vector<ReportedFinding> findings = outcome.findings;
  findings.insert(findings.end(), outcome.not_reproduced.begin(), outcome.not_reproduced.end());
  json["findings"] = FindingsJson(findings);
  json["bugs"] = BugsJson(GravestFirst(findings));
  if (!outcome.slowest.empty()) {
    json["seconds"] = outcome.seconds;
    for (const auto& [seconds, job] : outcome.slowest) {
      json["slowest"].push_back(
          {{"scenario", plan.jobs[job].scenario->name}, {"seconds", seconds}});
    }
  }
  if (outcome.never_at_rest > 0) json["never_at_rest"] = outcome.never_at_rest;
  if (!plan.left_out.empty()) json["left_out"] = ReasonsJson(plan.left_out);
  for (size_t i = 0; i < outcome.told.size(); ++i) {
    if (!outcome.told[i].empty()) json[kToldReasons[i].name] = ReasonsJson(outcome.told[i]);
  }
  if (!plan.server.note.empty()) json["note"] = plan.server.note;
  if (!outcome.broken_off.empty()) json["broken_off"] = outcome.broken_off;
  PrintJson(json);
}

int Run(const Options& options, const std::string& program) {
  Plan plan;
  MakePlan(options.scenarios, options.server, plan);
  const Outcome outcome = RunPlan(plan, options, program);
  if (options.json) {
    PrintOutcomeAsJson(plan, outcome);
  } else {
    PrintOutcome(plan, options, outcome);
  }
  const Severity least = *SeverityFromName(options.severity);
  const auto counts = [&](const ReportedFinding& reported) {
    return reported.finding.severity >= least;
  };
  const bool any = std::ranges::any_of(outcome.findings, counts) ||
                   (options.unconfirmed && std::ranges::any_of(outcome.not_reproduced, counts));
  return any ? kExitFindings : kExitClean;
}

}  // namespace

void AddRunCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "run", "Run scenarios against targets", kFooter);
  command.Option("scenarios SCENARIO", options->scenarios, "what to run; default: the whole suite");
  AddServerOptions(command, options->server, /*many=*/true);
  AddSchedulesOption(command, options->server);
  command.Flag("--json", options->json, "print one JSON object");
  command.Flag("--all", options->all, "show each finding, even if the bug is the same");
  command.Flag("--unconfirmed", options->unconfirmed,
               "of a program on the simulated kernel: what Linux does not show counts, too");
  AddSeverityOption(command, options->severity);
  AddWorkerOptions(command, options->workers);
  command.Does(line.action, [options, &line] { return Run(*options, line.program); });
}

}  // namespace hupstorm
