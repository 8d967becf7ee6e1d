// hupstorm replay FILE

#include <fmt/format.h>

#include <memory>

#include "scenarios/language/print.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/text_table.h"
#include "tools/commands/commands.h"
#include "tools/commands/single_run.h"
#include "tools/plan/run_options.h"
#include "tools/report/bugs.h"
#include "tools/report/findings_report.h"
#include "tools/report/json_output.h"
#include "tools/report/time_line.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
FILE is a .scn file, a scenario of the built-in suite by name, or a fuzzer's input, which is shown as
a scenario first. Two replays print the same, byte for byte.

In the time line, what the script does begins at the left (">"; ">>" falls inside the server's next
call), the server's calls are indented below it, "!!!" marks a finding, and "^" the call above it that is to
blame, with its line in the server's source. Of several threads of a program
on the simulated kernel, "[3 worker]" says which makes the call: its number, and its name if it has one.

Examples:
  hupstorm replay half-close/echo-drains --target doc001/select
  hupstorm replay crash-0a1b2c3d
  hupstorm replay my.scn --target doc000/epoll-queue --mend all-but=fin-ignored)";

struct Options {
  std::string file;
  ServerOptions server;
  bool bytes = false;
  bool full = false;
  bool json = false;
  WorkerOptions workers;
};

std::string NumberedLines(std::string_view text) {
  std::string numbered;
  int line = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    numbered += fmt::format("{:>5}  {}\n", ++line, text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return numbered;
}

void PrintReplay(const SingleRun& run, const Options& options, const RunResult& result,
                 std::span<const ReportedFinding> findings) {
  const Style style = Style::For(stdout);
  const Scenario& scenario = run.scenario;
  const std::string& mend = run.server.mend;
  Print("{} against {}{}\n", style.Bold(scenario.file), style.Bold(run.target().name),
        mend == "none" ? "" : " --mend " + mend);
  if (!scenario.title.empty()) Print(scenario.title + "\n");
  if (!run.text.empty()) Print("\nThe input as a scenario:\n" + NumberedLines(run.text));
  Print("\n" + TimeLineText(result.time_line, options.full, style));
  for (const int step : result.steps_not_reached) {
    const Step& missed = scenario.steps.at(static_cast<size_t>(step));
    Print(style.Yellow(fmt::format("never reached, as its call did not come: {}{}\n",
                                   PrintStep(missed),
                                   missed.line > 0 ? fmt::format(" (line {})", missed.line) : "")));
  }
  if (!result.limit_missed.empty()) {
    Print(style.Yellow("the limit was not reached: " + result.limit_missed) + "\n");
  }
  if (!result.ran_on_linux.empty()) Print("it ran on Linux: {}\n", result.ran_on_linux);
  if (!result.remark.empty()) Print(style.Yellow("to be noted: " + result.remark) + "\n");
  if (!result.sockets.empty()) {
    Print("\nThe server's connections at the end of the script:\n" +
          SocketsText(result.sockets, options.full));
  }
  Print("\n{} calls of the server, {} faults injected.\n", result.calls, result.faults);
  if (findings.empty()) {
    Print(style.Green("Nothing found.\n"));
  } else {
    Print("{}:\n", Count(findings.size(), "finding"));
    for (const ReportedFinding& reported : findings) {
      Print(FindingLine(reported.finding, style) + "\n");
      for (const std::string& text : WhyTexts(reported.finding)) Print("  {}\n", text);
    }
  }
  if (!run.server.note.empty()) Print(run.server.note + "\n");
}

void PrintReplayAsJson(const ServerChoice& server, std::span<const ReportedFinding> findings) {
  nlohmann::ordered_json json = ServerJson(server);
  json["scenarios"] = 1;
  json["findings"] = FindingsJson(findings);
  if (!server.note.empty()) json["note"] = server.note;
  PrintJson(json);
}

int Replay(const Options& options, const std::string& program) {
  const SingleRun run = ChooseSingleRun(options.file, options.bytes, options.server);
  const ServerChoice& server = run.server;
  IsolationOptions isolation = IsolationFor(server, options.workers);
  isolation.run.record_time_line = true;
  const RunResult result = RunWithPlaces(run, run.scenario, isolation);

  std::vector<ReportedFinding> findings;
  for (const Finding& finding : result.findings) {
    std::string replay = ReplayCommand(program, finding, server.as_options(finding.target));
    if (options.bytes) replay += " --bytes";
    findings.push_back({finding, std::move(replay), result.output});
  }
  if (options.json) {
    PrintReplayAsJson(server, findings);
  } else {
    PrintReplay(run, options, result, findings);
  }
  return findings.empty() ? kExitClean : kExitFindings;
}

}  // namespace

void AddReplayCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "replay", "Run one scenario and show what happened, call by call", kFooter);
  command.Option("file FILE", options->file, "a scenario, or a fuzzer's input").Required();
  AddServerOptions(command, options->server, /*many=*/false);
  command.Flag("--bytes", options->bytes, "take FILE for a fuzzer's input, whatever it holds");
  command.Flag("--full", options->full, "show each turn of a loop and each connection");
  command.Flag("--json", options->json, "print the findings as one JSON object");
  AddTimeoutOption(command, options->workers);
  command.Does(line.action, [options, &line] { return Replay(*options, line.program); });
}

}  // namespace hupstorm
