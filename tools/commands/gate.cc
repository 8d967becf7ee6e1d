// hupstorm gate --target NAME[,NAME] | --exec 'CMD {port}' --baseline FILE --junit FILE ...

#include "tools/gate/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "tools/catalogue/input_file.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/commands/commands.h"
#include "tools/plan/plan.h"
#include "tools/plan/run_options.h"
#include "tools/report/gate_report_text.h"
#include "tools/report/html_report.h"
#include "tools/report/json_output.h"
#include "tools/report/junit_report.h"
#include "tools/report/sarif_report.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

constexpr char kFooter[] = R"(
Runs, one after the other: the built-in suite and the scenarios that are named; the inputs of --corpus;
the sweep (each thing going wrong at each call); random scenarios from a seed, always the same ones. Exits
with 1 if something is found that the baseline does not tolerate.

SCENARIO is as for hupstorm run, and comes on top of the suite: the scenarios that showed your server's
former bugs, say. --corpus takes a fuzzer's corpus or a campaign's folder (hupstorm fuzz --out).

--baseline names the bugs that are tolerated, each with its symptoms and the scenarios of the suite that show
them, to be kept with the server's source. Another symptom, and the same in another scenario of the suite, is
new. --update-baseline writes the file from what is found now, and exits with 0. --severity high leaves
the gate open for what is less grave (hupstorm run --help says what that is).

Examples:
  hupstorm gate --target reference/poll
  hupstorm gate --exec './my_server --port {port}' regressions/ --junit junit.xml --html report.html
  hupstorm gate --exec './my_server --port {port}' --baseline hupstorm.baseline --update-baseline
  hupstorm gate --exec './my_server --port {port}' --baseline hupstorm.baseline
  hupstorm gate --executable build/test_server    made by CMake's hupstorm_add_server
  hupstorm gate --self                            hupstorm's own: its oracles and its kernel as well

--json prints {"target","mend","world","holds","seconds","new":N,"tolerated":N,"areas":[{"area","did",
"cases":N,"failed":N,"seconds","left_out":[]}],"findings":[{"oracle","target","scenario","file","line",
"step","evidence","fingerprint","severity","bug","place":{"file","line","function","call"},"cause","needs","replay",
"area","cases":N,"tolerated","known_elsewhere","shown_in":[],"symptoms":[{"oracle","fingerprint",
"shown_in":[]}],"again","text"}],"gone":[{"target","oracle","fingerprint"}]}.)";

constexpr uint64_t kFuzzRuns = 20'000;  // of each target, in the simulated world
// Somebody else's program on the simulated kernel: 20 to 5,000 a second.
constexpr uint64_t kFuzzRunsInside = 2'000;
constexpr uint64_t kFuzzRunsOnLinux = 50;      // elsewhere: each takes as long as 500 of the others
constexpr size_t kLargestBaseline = 16 << 20;  // bytes
constexpr char kReferences[] =
    "reference/select,reference/poll,reference/epoll-lt,reference/epoll-et";

struct Options {
  std::vector<std::string> scenarios;
  ServerOptions server;
  WorkerOptions workers;
  std::vector<std::string> corpora;
  std::optional<uint64_t> fuzz_runs;
  uint64_t seed = 1;
  bool no_sweep = false;
  bool self = false;
  bool unconfirmed = false;
  std::string severity = "low";
  std::string out;
  std::string baseline;
  bool update_baseline = false;
  std::string junit;
  std::string sarif;
  std::string html;
  std::string json_file;
  bool json = false;
};

// The suite, and what comes on top of it.
std::vector<std::string> AllScenarios(const std::vector<std::string>& named) {
  std::vector<std::string> all = {"suite"};
  for (const std::string& name : named) {
    if (name != "suite") all.push_back(name);
  }
  return all;
}

std::optional<Baseline> LoadBaseline(const Options& options) {
  if (options.baseline.empty()) {
    if (options.update_baseline) throw UsageError("--update-baseline needs --baseline FILE");
    return std::nullopt;
  }
  if (!fs::exists(options.baseline)) {
    if (options.update_baseline) return Baseline{};
    throw UsageError(
        "--baseline {}: there is no such file; --update-baseline writes it from what is found now",
        options.baseline);
  }
  return Baseline::Parse(ReadInputFile(options.baseline, kLargestBaseline), options.baseline);
}

// What can be known before the work begins.
void CheckFiles(const Options& options) {
  for (const std::string* file :
       {&options.junit, &options.sarif, &options.html, &options.json_file, &options.baseline}) {
    if (!file->empty() && (file != &options.baseline || options.update_baseline)) {
      CheckOutputFile(*file, /*replace=*/true);
    }
  }
  for (const std::string& corpus : options.corpora) {
    if (!fs::is_directory(corpus)) throw UsageError("--corpus {}: no such folder", corpus);
  }
  if (!options.out.empty()) MakeOutputFolder(options.out);
}

void WriteReports(const GateReport& report, const Options& options) {
  for (const GateFinding& found : report.findings) {
    if (options.out.empty() || fs::path(found.finding.file).parent_path() != options.out) continue;
    WriteOutputFile(found.finding.file, found.text);
  }
  const auto write = [](const std::string& file, const auto& content) {
    if (!file.empty()) WriteOutputFile(file, content());
  };
  write(options.junit, [&] { return JUnitText(report); });
  write(options.sarif, [&] { return SarifText(report); });
  write(options.html, [&] { return HtmlText(report); });
  write(options.json_file, [&] { return JsonText(GateJson(report)); });
}

void UpdateBaseline(const GateReport& report, const Baseline& former, const Options& options) {
  std::vector<BaselineEntry> entries;
  std::set<std::string> judged;  // targets
  for (const GateArea& area : report.areas) {
    for (const GateCase& one : area.cases) judged.insert(one.target);
  }
  for (const GateFinding& found : report.findings) {
    judged.insert(found.finding.target);
    std::ranges::move(EntriesFor(found, former), std::back_inserter(entries));
  }
  // What is said of targets that this run is not about stays.
  for (const BaselineEntry& entry : former.entries()) {
    if (!judged.contains(entry.target)) entries.push_back(entry);
  }
  WriteOutputFile(options.baseline, BaselineText(std::move(entries)));
}

uint64_t FuzzRunsFor(const ServerChoice& server) {
  if (server.world != kDefaultWorld) return kFuzzRunsOnLinux;
  return !server.place_on_linux ? kFuzzRuns : kFuzzRunsInside;
}

int RunGateCommand(Options options, const CommandLine& line) {
  if (options.self && line.self == nullptr) {
    throw UsageError("--self is about hupstorm itself: for the hupstorm command alone");
  }
  if (options.self && !options.server.targets && !options.server.IsThirdParty()) {
    options.server.targets = kReferences;
  }
  const std::optional<Baseline> baseline = LoadBaseline(options);
  CheckFiles(options);
  Plan plan;
  MakePlan(AllScenarios(options.scenarios), options.server, plan);

  const Style style = Style::For(stdout);
  GateSettings settings;
  settings.program = line.program;
  settings.server = &plan.server;
  settings.isolation = IsolationFor(plan.server, options.workers);
  settings.jobs = plan.jobs;
  settings.left_out = plan.left_out;
  settings.corpora = options.corpora;
  settings.fuzz_runs = options.fuzz_runs.value_or(FuzzRunsFor(plan.server));
  settings.seed = options.seed;
  settings.sweep = !options.no_sweep;
  if (options.self) settings.self_areas = line.self->areas(settings);
  settings.baseline = baseline;
  settings.out = options.out;
  settings.unconfirmed = options.unconfirmed;
  settings.severity = *SeverityFromName(options.severity);
  if (!options.json) {
    settings.on_area_done = [&style](const GateArea& area) {
      Print(GateAreaText(area, style));
      FlushOutput();
    };
  }
  const GateReport report = RunGate(settings);
  WriteReports(report, options);
  if (options.update_baseline && !report.broken_off.empty()) {
    throw FailedError("{}; the baseline is left as it was", report.broken_off);
  }
  if (options.update_baseline) UpdateBaseline(report, *baseline, options);
  if (options.json) {
    PrintJson(GateJson(report));
  } else {
    Print(GateText(report, style));
    if (options.update_baseline) {
      Print("{} written: {} tolerated from now on\n", options.baseline, report.distinct_findings());
    } else if (std::getenv("GITHUB_ACTIONS") != nullptr) {
      Print(GitHubAnnotations(report));
    }
  }
  if (options.update_baseline) return kExitClean;
  if (report.untolerated() > 0) return kExitFindings;
  return report.broken_off.empty() ? kExitClean : kExitFailed;
}

}  // namespace

void AddGateCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "gate", "One pass over all that must hold for a server, for CI", kFooter);
  command.Option("scenarios SCENARIO", options->scenarios, "what to run on top of the suite");
  AddServerOptions(command, options->server, /*many=*/true);
  AddSchedulesOption(command, options->server);
  command.Option("--corpus DIR", options->corpora, "a folder of a fuzzer's inputs").OneValueEach();
  command.Option("--fuzz-runs N", options->fuzz_runs,
                 "random scenarios for each target (default: 20000; --exec on the simulated "
                 "kernel 2000, on Linux 50; 0: none)");
  command.Option("--seed", options->seed, "of the random scenarios").ShowDefault();
  command.Flag("--no-sweep", options->no_sweep, "leave the sweep out");
  command.Flag("--self", options->self,
               "hupstorm's own gate: the suite on Linux, the matrix and conformance as well");
  command.Option("--out DIR", options->out,
                 "write the scenarios that show findings to this folder");
  command.Option("--baseline FILE", options->baseline, "the bugs that are tolerated");
  command.Flag("--update-baseline", options->update_baseline,
               "write the baseline from what is found");
  command.Option("--junit FILE", options->junit, "write a JUnit XML report");
  command.Option("--sarif FILE", options->sarif, "write a SARIF 2.1.0 report");
  command.Option("--html FILE", options->html,
                 "write a report for people: one file, opens offline");
  command.Option("--json-file FILE", options->json_file, "write what --json prints to a file");
  command.Flag("--json", options->json, "print one JSON object");
  command.Flag("--unconfirmed", options->unconfirmed,
               "of a program on the simulated kernel: what Linux does not show counts, too");
  AddSeverityOption(command, options->severity);
  AddWorkerOptions(command, options->workers);
  command.Does(line.action, [options, &line] { return RunGateCommand(*options, line); });
}

}  // namespace hupstorm
