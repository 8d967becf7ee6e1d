// hupstorm shrink FILE

#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "scenarios/language/fit.h"
#include "tools/catalogue/pages.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/cli/text_table.h"
#include "tools/commands/commands.h"
#include "tools/commands/single_run.h"
#include "tools/plan/run_options.h"
#include "tools/report/bugs.h"
#include "tools/report/findings_report.h"
#include "tools/report/json_output.h"
#include "tools/shrink/finding_shrinker.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
FILE is a .scn file, a scenario of the built-in suite by name, or a fuzzer's input. Steps, clients,
sizes and the like are taken away for as long as the same finding shows: the same by its
fingerprint, not any. What is left is a scenario to be kept; its title says what it shows.

Exit codes: 0 a scenario with the finding is written, 2 FILE shows no such finding.

Examples:
  hupstorm shrink crash-0a1b2c3d --target doc000/epoll-queue -o crash.scn
  hupstorm shrink lifecycle/rounds-of-everything --target doc001/select --oracle server-died
  hupstorm shrink my.scn --exec './my_server --port {port}' -o smaller.scn --time 300)";

struct Options {
  std::string file;
  std::string out;  // empty: standard output
  std::string fingerprint;
  std::string oracle;
  ServerOptions server;
  WorkerOptions workers;
  double time_s = 60;
  bool bytes = false;
  bool force = false;
  bool json = false;
};

bool IsWanted(const Finding& finding, const Options& options) {
  return (options.fingerprint.empty() || finding.fingerprint == options.fingerprint) &&
         (options.oracle.empty() || finding.oracle == options.oracle);
}

std::string FindingLine(const Finding& finding) {
  return fmt::format("{} {}: {}", finding.fingerprint, finding.oracle, finding.evidence);
}

// The first that is wanted, an expectation of the scenario's own only if there is no other: what
// an oracle finds holds whatever is left of the scenario.
const Finding* Choose(const std::vector<Finding>& findings, const Options& options) {
  const Finding* chosen = nullptr;
  for (const Finding& finding : findings) {
    if (!IsWanted(finding, options)) continue;
    if (!IsExpectation(finding)) return &finding;
    if (chosen == nullptr) chosen = &finding;
  }
  return chosen;
}

// There is nothing to shrink: says why, and what to do.
UsageError NotShown(const std::vector<Finding>& findings, const Options& options,
                    const SingleRun& run, const std::string& replay) {
  if (findings.empty()) {
    return UsageError(
        "{} shows no finding on {}, so there is nothing to shrink. Against the server that it was "
        "found on? --target, --mend, --world, --exec. To see the run: {}",
        options.file, run.target().name, replay);
  }
  std::string message = fmt::format("{} does not show that finding on {}. It shows:", options.file,
                                    run.target().name);
  for (const Finding& finding : findings) message += "\n  " + FindingLine(finding);
  return UsageError(message + "\nChoose one by --fingerprint or --oracle.");
}

UsageError NotAgain(const Options& options, const Finding& finding) {
  return UsageError(
      "{} showed {}, but not again when it was run once more: it comes and goes. Nothing was "
      "written. Try again, or --world simulated, where each run is the same",
      options.file, FindingLine(finding));
}

// What it finds, once more, with its place in the server's source; as it was if it does not show
// again.
Finding WithPlace(const SingleRun& run, const Options& options, const ShrunkFinding& shrunk) {
  RunResult result = RunWithPlaces(run, shrunk.scenario, IsolationFor(run.server, options.workers));
  for (Finding& finding : result.findings) {
    if (finding.fingerprint == shrunk.finding.fingerprint) return std::move(finding);
  }
  return shrunk.finding;
}

void PrintShrunkAsJson(const Options& options, const SingleRun& run, const ShrunkFinding& shrunk,
                       const std::vector<Finding>& others, const std::string& replay) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& other : others) {
    list.push_back({{"oracle", other.oracle},
                    {"fingerprint", other.fingerprint},
                    {"evidence", other.evidence}});
  }
  const Finding& finding = shrunk.finding;
  nlohmann::ordered_json json = ServerJson(run.server);
  json.update(nlohmann::ordered_json{{"scenario", options.file},
                                     {"out", nullptr},
                                     {"oracle", finding.oracle},
                                     {"fingerprint", finding.fingerprint},
                                     {"evidence", finding.evidence},
                                     {"severity", SeverityName(finding.severity)},
                                     {"bug", BugOf(finding)},
                                     {"place", PlaceJson(finding)},
                                     {"cause", finding.cause},
                                     {"needs", NeedsJson(finding)},
                                     {"steps_before", run.scenario.steps.size()},
                                     {"steps_after", shrunk.scenario.steps.size()},
                                     {"runs", shrunk.runs},
                                     {"cut_off", shrunk.cut_off},
                                     {"text", shrunk.text},
                                     {"others", std::move(list)},
                                     {"replay", replay}});
  if (!options.out.empty()) json["out"] = options.out;
  PrintJson(json);
}

std::string Summary(const Options& options, const SingleRun& run, const ShrunkFinding& shrunk,
                    const std::vector<Finding>& others, const std::string& replay,
                    const Style& style) {
  std::string text = FindingLine(shrunk.finding, style) + "\n" + WhyLine(shrunk.finding, {}) + "\n";
  text += fmt::format("  {}, of {}, after {} runs{}{}\n",
                      Count(shrunk.scenario.steps.size(), "step"), run.scenario.steps.size(),
                      shrunk.runs, options.out.empty() ? "" : ": ", style.Bold(options.out));
  if (!options.out.empty()) text += fmt::format("  {}\n", style.Dim(replay));
  if (shrunk.cut_off) text += "The time was up: with a longer --time it may get smaller still.\n";
  for (const Finding& other : others) {
    text += fmt::format("{} also shows {}: {} (--fingerprint {})\n", options.file, other.oracle,
                        other.evidence, other.fingerprint);
  }
  return text;
}

FindingShrinker::Options ShrinkerOptions(const Options& options, const SingleRun& run) {
  FindingShrinker::Options shrinker;
  shrinker.isolation = IsolationFor(run.server, options.workers);
  shrinker.is_repeatable = run.server.world == kDefaultWorld;
  shrinker.can_run = [&run](const Scenario& candidate) {
    return Fits(candidate, run.target()) && run.server.place.why_not(candidate).empty();
  };
  shrinker.correct = {CorrectTarget(run.scenario), MakerOf(kDefaultWorld)};
  return shrinker;
}

int RunShrink(const Options& options, const std::string& program) {
  if (!options.oracle.empty()) CheckOracleName(options.oracle);
  if (!options.out.empty()) CheckOutputFile(options.out, options.force);
  SingleRun run = ChooseSingleRun(options.file, options.bytes, options.server);
  if (run.scenario.steps.empty()) run.scenario.steps.emplace_back();  // or no text could say it
  const auto replay_of = [&](const std::string& file) {
    Finding where;
    where.file = file;
    return ReplayCommand(program, where, run.server.as_options(run.target().name));
  };

  FindingShrinker shrinker(run.target(), ShrinkerOptions(options, run));
  std::vector<Finding> findings = shrinker.Run(
      run.scenario, [&](const auto& seen) { return Choose(seen, options) != nullptr; });
  const Finding* const chosen = Choose(findings, options);
  const std::string replay = replay_of(options.out.empty() ? options.file : options.out) +
                             (options.bytes && options.out.empty() ? " --bytes" : "");
  if (chosen == nullptr) throw NotShown(findings, options, run, replay_of(options.file));

  std::optional<ShrunkFinding> shrunk;
  {
    Progress progress("shrink");
    ShrinkOptions bounds;
    bounds.deadline = std::chrono::steady_clock::now() +
                      std::chrono::milliseconds(std::lround(options.time_s * 1000));
    bounds.on_progress = [&](size_t runs, size_t steps) {
      progress.Update(
          fmt::format("{} runs, {} of {} steps left", runs, steps, run.scenario.steps.size()));
    };
    shrunk = shrinker.Shrink(run.scenario, *chosen, bounds);
  }
  if (!shrunk) throw NotAgain(options, *chosen);
  shrunk->finding = WithPlace(run, options, *shrunk);
  std::erase_if(findings, [&](const Finding& finding) {
    return finding.fingerprint == shrunk->finding.fingerprint;
  });

  if (!options.out.empty()) WriteOutputFile(options.out, shrunk->text, options.force);
  if (options.json) {
    PrintShrunkAsJson(options, run, *shrunk, findings, replay);
    return kExitClean;
  }
  FILE* const stream = options.out.empty() ? stderr : stdout;
  const std::string summary = Summary(options, run, *shrunk, findings, replay, Style::For(stream));
  if (options.out.empty()) {
    Print(shrunk->text);
    std::fputs(summary.c_str(), stderr);
  } else {
    Print(summary);
  }
  return kExitClean;
}

}  // namespace

void AddShrinkCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "shrink", "Find the smallest scenario that shows the same finding", kFooter);
  command.Option("file FILE", options->file, "a scenario, or a fuzzer's input").Required();
  command.Option("-o,--out OUT.scn", options->out,
                 "where to write the scenario (default: standard output)");
  command.Flag("--force", options->force, "replace OUT.scn if it is there");
  command.Option("--fingerprint FP", options->fingerprint,
                 "which finding, by its fingerprint (default: the first of an oracle)");
  command.Option("--oracle NAME", options->oracle, "which finding, by its oracle: the first of it");
  AddServerOptions(command, options->server, /*many=*/false);
  command.Flag("--bytes", options->bytes, "take FILE for a fuzzer's input, whatever it holds");
  command
      .Option("--time SECONDS", options->time_s,
              "seconds after which the smallest so far is taken (default: 60)")
      .Check([](const std::string& text) { return CheckSeconds(text, 0.1, 86'400); });
  AddTimeoutOption(command, options->workers);
  command.Flag("--json", options->json, "print the result as one JSON object");
  command.Does(line.action, [options, &line] { return RunShrink(*options, line.program); });
}

}  // namespace hupstorm
