// hupstorm sweep SCENARIO... --target NAME[,NAME]

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/files.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/commands/commands.h"
#include "tools/plan/plan.h"
#include "tools/report/json_output.h"
#include "tools/report/sweep_report.h"
#include "tools/sweep/sweep_runner.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
Runs a scenario once for each call that the server makes in it and each thing that can go wrong at
that call: the errors and short counts that Linux may give it there, a reset and a half-close by the
client that it is about (where it waits or accepts: by a client of each group), 30 s that go by, and SIGTERM.
SCENARIO is as for hupstorm run; "suite" is all of the built-in suite. What a scenario expects of an
undisturbed run is not judged, and of its rounds two are run.

Each distinct bug is reported once, with what went wrong in the first run that showed it, as a
scenario that hupstorm replay takes: --out DIR writes it to a file, OUT/ORACLE-FINGERPRINT.scn.

Calls that are alike are not all swept. Of a scenario of more than some hundred calls, the first, the
second and the last of those are that are the same call, with the same outcome, at the same step, with
the same recent calls on the connection. Where several scenarios are swept, in such a one only the
first call of a kind is that no smaller scenario has. --all sweeps each.

--pairs lets two things go wrong in a run, the second in a call after the first. Of more than 20,000
pairs a scenario and target (--pairs=N: N), about so many are taken, spread over all calls, the same
ones each time.

Examples:
  hupstorm sweep half-close/echo-drains --target doc000/epoll-queue
  hupstorm sweep suite --target reference/poll,reference/select
  hupstorm sweep my.scn --target reference/epoll-et --pairs --out findings
  hupstorm sweep reset --target doc001/poll --mend all-but=reset-kills-server

--json prints {"target","mend","world","scenarios":N,"calls":N,"alike":N,"placements":N,"pairs":N,
"pairs_left_out":N,"survey_seconds","seconds","rate","findings":[{"oracle","target","scenario","placement":[],
"evidence","fingerprint","file","line","runs","alone","text","replay"}]}.)";

constexpr uint64_t kMostPairs = 20'000;  // of a scenario and target, unless --pairs says otherwise
// Placements that only --timeout ends, until the sweep is given up.
constexpr int kMostTimeouts = 10;

struct Options {
  std::vector<std::string> scenarios;
  ServerOptions server;
  std::string out;
  bool all = false;
  bool json = false;
  uint64_t most_pairs = 0;
  WorkerOptions workers;
};

std::string FileName(const Finding& finding) {
  return fmt::format("{}-{}.scn", finding.oracle, finding.fingerprint);
}

void MakeFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw UsageError(fmt::format("cannot write to {}: {}", folder, error.message()));
}

void WriteFindings(const SweepReport& report) {
  for (const SweepFinding& found : report.findings) {
    if (const std::error_code error = WriteWhole(found.finding.file, found.text)) {
      throw FailedError(fmt::format("cannot write {}: {}", found.finding.file, error.message()));
    }
  }
}

int RunSweepCommand(const Options& options, const std::string& program) {
  Plan plan;
  MakePlan(options.scenarios, options.server, plan);
  if (!options.out.empty()) MakeFolder(options.out);
  Progress progress("sweeping");
  SweepSettings settings;
  settings.isolation = IsolationFor(plan.server, options.workers);
  settings.all = options.all;
  settings.isolation.most_timeouts = kMostTimeouts;
  settings.most_pairs = options.most_pairs;
  if (!options.out.empty()) {
    settings.file_of = [&options](const Finding& finding) {
      return (std::filesystem::path(options.out) / FileName(finding)).string();
    };
  }
  settings.on_progress = [&progress](uint64_t done, uint64_t total, size_t findings) {
    progress.Update(done, total, fmt::format("{} findings", findings));
  };
  const SweepReport report = RunSweep(plan.jobs, settings);
  if (!options.out.empty()) WriteFindings(report);
  if (options.json) {
    nlohmann::ordered_json json = {
        {"target", plan.server.name}, {"mend", plan.server.mend}, {"world", plan.server.world}};
    json.update(SweepJson(report, program, plan.server.as_options));
    PrintJson(json);
  } else {
    const Style style = Style::For(stdout);
    Print(SweepText(report, program, plan.server.as_options, style));
    Print(fmt::format("{}: {}", plan.server.name, SweepSummary(report, style)));
    for (const auto& [why, count] : plan.left_out) {
      Print(fmt::format("{} left out: {}\n", count, why));
    }
    if (!report.broken_off.empty()) Print(style.Yellow(report.broken_off) + "\n");
  }
  return report.findings.empty() ? kExitClean : kExitFindings;
}

}  // namespace

void AddSweepCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "sweep",
                  "Run scenarios with each thing going wrong at each call of the server", kFooter);
  command.Option("scenarios", options->scenarios, "what to sweep").Required().Type("SCENARIO");
  AddTargetOptions(command, options->server, /*many=*/true);
  command.Option("--out", options->out, "write each finding's scenario to this folder").Type("DIR");
  command
      .Flag(fmt::format("--pairs{{{}}}", kMostPairs), options->most_pairs,
            "let two things go wrong in a run: so many pairs at most")
      .Within(uint64_t{1}, uint64_t{1'000'000'000})
      .Type("=N");
  command.Flag("--all", options->all, "sweep every call, also of those that are alike");
  command.Flag("--json", options->json, "print one JSON object");
  AddWorkerOptions(command, options->workers);
  command.OnChosen([options, &line] {
    line.action = [options, program = line.program] { return RunSweepCommand(*options, program); };
  });
}

}  // namespace hupstorm
