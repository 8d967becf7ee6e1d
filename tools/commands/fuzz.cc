// hupstorm fuzz --target NAME | --exec 'CMD {port}' --engine libfuzzer|afl --time 60s --jobs N
// --out DIR

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>

#include "scenarios/language/bytes.h"
#include "scenarios/language/fit.h"
#include "scenarios/language/units.h"
#include "scenarios/mutator/work_limit.h"
#include "tools/catalogue/installation.h"
#include "tools/catalogue/linked_server.h"
#include "tools/catalogue/pages.h"
#include "tools/catalogue/scenario_catalogue.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/commands/commands.h"
#include "tools/commands/fuzz_worker.h"
#include "tools/fuzz/campaign.h"
#include "tools/fuzz/campaign_display.h"
#include "tools/fuzz/campaign_report.h"
#include "tools/fuzz/fuzz_target.h"
#include "tools/gate/confirm.h"
#include "tools/isolation/isolated_runner.h"
#include "tools/report/bugs.h"
#include "tools/report/json_output.h"
#include "tools/shrink/needs.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

constexpr char kFooter[] = R"(
A campaign goes on until --time is over or Ctrl-C, and ends with the bugs that it has found, each at its line of
the server. Each distinct finding is kept once, as the fuzzer's
input (DIR/findings/*.bytes) and, made as small as can be, as a scenario to read and replay (*.scn).
Inputs that crash the target for real are kept as the engine does: DIR/crashes/crash-* with
libFuzzer, DIR/afl/main/crashes with AFL++. libFuzzer's corpus is DIR/corpus; DIR/afl is AFL++'s own
output directory, for afl-whatsup, afl-plot, afl-cmin and the like.

--exec fuzzes a program as it is: it runs on the simulated kernel in its own process, as with
hupstorm run --exec, and AFL++ is led by the calls that it makes, and by its code
if it was built with afl-clang-fast or clang's -fsanitize-coverage. The suite is what it begins with.

What stands after -- goes to the engine's workers as it is.

Examples:
  hupstorm fuzz --target doc001/poll --time 60s --out out/poll
  hupstorm fuzz --target reference/epoll-et --engine afl --jobs 2 --time 8h --out out/et
  hupstorm fuzz --resume --out out/et --time 8h
  hupstorm fuzz --exec './my_server --port {port}' --time 10m --out out/mine
  hupstorm fuzz --exec './my_httpd {port}' --protocol http --jobs 2 --out out/httpd
  hupstorm fuzz --target doc003/epoll-http --mend all-but=fin-ignored --findings 1 --out out/http
  hupstorm fuzz --target reference/poll --corpus build/seeds --out out/poll -- -seed=7 -max_len=512

--json prints {"target","mend","engine","jobs","out","end","seconds","executions","coverage","corpus",
"findings":[{"oracle","target","evidence","fingerprint","severity","bug","place":{"file","line","function",
"call"},"cause","needs","seconds","executions","input","scenario","replay","steps","confirmed"}],"bugs":[{"bug","place",
"cause","needs","severity","oracles":[],"findings":N,"replay"}],"crashes":[{"input","replay"}]}.)";

struct Options {
  std::string target;
  std::string command;  // --exec
  std::string protocol;
  bool hardened = false;
  double start_timeout_s = 0;
  std::string executable;
  std::string mend;
  std::string engine;
  int jobs = 0;
  std::string time;
  std::string out;
  std::vector<std::string> corpora;
  std::vector<std::string> engine_flags;
  std::string mutator;
  size_t findings = 0;
  std::vector<std::string> until;
  bool sanitizers = false;
  bool resume = false;
  bool json = false;
  bool unconfirmed = false;
};

// What can be done with a program that cannot be fuzzed so.
constexpr char kInstead[] =
    "hupstorm run --exec and gate --exec hold it on Linux; linked to hupstorm it can be fuzzed: "
    "docs/your-own-server.md";

// "90s", "10m", "8h"; more than the waits of scenarios are.
std::optional<std::chrono::nanoseconds> ParseTime(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<uint64_t> number = ParseDigits(std::string_view(text).substr(0, digits));
  constexpr uint64_t kLongestNs = 365ull * 24 * 3600 * 1'000'000'000;
  for (const Unit& unit : DurationUnits()) {
    if (number && *number > 0 && unit.name == std::string_view(text).substr(digits) &&
        *number <= kLongestNs / unit.factor) {
      return std::chrono::nanoseconds(*number * unit.factor);
    }
  }
  throw UsageError("--time takes a number and a unit, such as 60s, 10m or 8h, not \"{}\"", text);
}

// The server of --exec. Throws UsageError for what does not go with it.
void TakeCommand(const Options& options, CampaignSettings& settings) {
  const auto refuse = [](bool is_given, const char* option, const char* why) {
    if (is_given) throw UsageError("{} does not go with --exec: {}", option, why);
  };
  refuse(!options.target.empty(), "--target", "one server at a time");
  refuse(!options.executable.empty(), "--executable", "one server at a time");
  refuse(!options.mend.empty(), "--mend", "it is for the documents' servers");
  refuse(options.sanitizers, "--sanitizers", "a program runs as it was built");
  refuse(
      options.engine == kLibFuzzerName, "--engine libfuzzer",
      "libFuzzer runs what is linked to it. Leave it out, for AFL++; or make a fuzz target of your "
      "server by CMake's hupstorm_add_server (docs/your-own-server.md)");
  settings.is_command = true;
  settings.target = options.command;
  if (!options.protocol.empty()) settings.protocol = options.protocol;
  constexpr std::string_view kFile = "expect:";
  if (settings.protocol.starts_with(kFile)) {
    const std::string file = settings.protocol.substr(kFile.size());
    settings.protocol = std::string(kFile) + fs::absolute(file).string();
  }
  settings.hardened = options.hardened;
  if (options.start_timeout_s > 0) settings.start_timeout_s = options.start_timeout_s;
}

// A new campaign, as the options have it.
CampaignSettings NewSettings(const Options& options) {
  CampaignSettings settings;
  settings.target = options.target;
  if (!options.command.empty()) TakeCommand(options, settings);
  settings.mend = options.mend.empty() ? "none" : options.mend;
  settings.engine = !options.engine.empty() ? options.engine
                    : settings.is_command   ? std::string(kAflName)
                                            : std::string(kLibFuzzerName);
  settings.sanitizers = options.sanitizers;
  if (!options.mutator.empty()) settings.mutator = options.mutator;
  settings.jobs = options.jobs > 0 ? options.jobs : DefaultWorkers();
  settings.engine_flags = options.engine_flags;
  if (!options.executable.empty()) {
    settings.executable = fs::absolute(options.executable).string();
    if (settings.target.empty()) settings.target = fs::path(options.executable).filename().string();
  }
  const LinkedServer* const linked = TheLinkedServer();
  if (settings.target.empty() && linked != nullptr) {
    settings.target = linked->target.name;
    if (options.engine.empty() && linked->engine == kAflName) settings.engine = kAflName;
  }
  if (settings.target.empty()) {
    throw UsageError(
        "--target is missing: which server? (hupstorm list targets, or --exec 'CMD {port}')");
  }
  for (const std::string& corpus : options.corpora) {
    if (!fs::is_directory(corpus)) throw UsageError("--corpus {}: no such folder", corpus);
    settings.corpora.push_back(fs::absolute(corpus).string());
  }
  return settings;
}

// What a stored campaign goes on as. It is about one target and one engine for ever.
CampaignSettings ResumedSettings(CampaignSettings settings, const Options& options) {
  const auto same = [](const std::string& asked, const std::string& kept, const char* option) {
    if (asked.empty() || asked == kept) return;
    throw UsageError("this campaign has {} {}, not {}: leave the option out, or give another --out",
                     option, kept, asked);
  };
  same(options.target, settings.target, "--target");
  same(options.command, settings.target, "--exec");
  same(options.protocol, settings.protocol, "--protocol");
  if (!options.executable.empty()) {
    same(fs::absolute(options.executable).string(), settings.executable, "--executable");
  }
  same(options.mend, settings.mend, "--mend");
  same(options.engine, settings.engine, "--engine");
  same(options.mutator, settings.mutator, "--mutator");
  if (options.sanitizers && !settings.sanitizers) {
    throw UsageError("this campaign is one without --sanitizers; begin another, with its corpus");
  }
  if (!options.corpora.empty()) {
    throw UsageError("--corpus is for a new campaign; this one has its corpus already");
  }
  if (options.start_timeout_s > 0) settings.start_timeout_s = options.start_timeout_s;
  if (options.jobs > 0) settings.jobs = options.jobs;
  if (!options.engine_flags.empty()) settings.engine_flags = options.engine_flags;
  return settings;
}

CampaignSettings Settle(const Options& options, const CampaignFolder& folder) {
  std::optional<CampaignSettings> stored = LoadSettings(folder);
  if (options.resume) {
    if (stored) return ResumedSettings(std::move(*stored), options);
    throw UsageError("{} holds no campaign to go on with; leave --resume out to begin one",
                     options.out);
  }
  if (stored) {
    throw UsageError(
        "{0} holds a campaign already: hupstorm fuzz --resume --out {0} goes on with it",
        options.out);
  }
  return NewSettings(options);
}

// The suite as inputs for a fuzzer to begin with.
void WriteSuite(const fs::path& folder, const ServerChoice& server) {
  MakeOutputFolder(folder.string());
  size_t number = 0;
  for (const Scenario& scenario : Suite()) {
    if (!Fits(scenario, server.targets.front()) || !server.place.why_not(scenario).empty() ||
        !IsAffordable(scenario)) {
      continue;
    }
    const std::vector<uint8_t> bytes = EncodeScenario(scenario);
    if (bytes.size() > kLargestInput) continue;
    WriteOwnFile(folder / fmt::format("suite-{:03}", number++),
                 {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
}

// Asks Linux about the findings whose scenarios are there.
void Confirm(const ServerChoice& server, CampaignReport& report) {
  report.server = server.as_options(server.targets.front().name);
  report.confirmations.resize(report.findings.size());
  std::vector<Scenario> scenarios(report.findings.size());
  std::vector<size_t> asked;
  std::vector<Question> questions;
  std::vector<std::string> bugs;
  for (size_t i = 0; i < report.findings.size(); ++i) {
    const StoredFinding& finding = report.findings[i];
    if (!fs::exists(finding.scenario)) continue;
    bugs.push_back(BugOf(KnownOf(report, i)));
    scenarios[i] = LoadReplayInput(finding.scenario.string(), /*as_bytes=*/false).scenario;
    asked.push_back(i);
    questions.push_back({&server.targets.front(), &scenarios[i], {finding.record.oracle}});
  }
  auto answers = ConfirmOnLinux(server, IsolationFor(server, WorkerOptions()), questions);
  ConfirmByBug(bugs, answers);
  for (size_t i = 0; i < asked.size(); ++i) report.confirmations[asked[i]] = answers[i];
}

// Runs each finding once more, for its place in the server's source.
void FindPlaces(const ServerChoice& server, CampaignReport& report) {
  std::deque<Scenario> scenarios;
  std::vector<Job> jobs;
  for (size_t i = 0; i < report.findings.size(); ++i) {
    const StoredFinding& finding = report.findings[i];
    const bool is_small = fs::exists(finding.scenario);
    const std::string file = (is_small ? finding.scenario : finding.input).string();
    scenarios.push_back(LoadReplayInput(file, !is_small).scenario);
    jobs.push_back({&scenarios.back(), &server.targets.front()});
    report.looked_at.push_back(KnownOf(report, i));
  }
  BugNamer bugs(server.targets);
  Progress progress("places");
  size_t done = 0;
  IsolationOptions isolation = IsolationFor(server, WorkerOptions());
  isolation.run.find_blame = true;
  RunIsolated(jobs, isolation, [&](size_t job, RunResult result) {
    bugs.Name(result);
    Finding& known = report.looked_at[job];
    const auto same = std::ranges::find(result.findings, known.fingerprint, &Finding::fingerprint);
    if (same != result.findings.end()) known = std::move(*same);
    progress.Update(++done, jobs.size(), "");
  });
  std::vector<ShownFinding> shown;
  for (size_t i = 0; i < jobs.size(); ++i) {
    bugs.Recall(report.looked_at[i]);
    shown.push_back({&report.looked_at[i], jobs[i].scenario, jobs[i].target});
  }
  FindNeeds(server, isolation, NeedsBoundsFor(server), bugs, shown);
}

// What Linux does not show is no finding about the server, unless the user wants it to be.
bool CountsAny(const CampaignReport& report, bool unconfirmed) {
  if (!report.crashes.empty()) return true;
  for (size_t i = 0; i < report.findings.size(); ++i) {
    const bool is_shown = i >= report.confirmations.size() ||
                          report.confirmations[i].state != Confirmation::State::kNotReproduced;
    if (is_shown || unconfirmed) return true;
  }
  return false;
}

int Fuzz(const Options& options, const std::string& program) {
  const CampaignFolder folder{fs::absolute(options.out)};
  CampaignLimits limits;
  limits.time = ParseTime(options.time);
  if (options.findings > 0) limits.findings = options.findings;
  limits.until = options.until;
  for (const std::string& oracle : limits.until) CheckOracleName(oracle);
  CampaignSettings settings = Settle(options, folder);
  std::vector<std::string> target;
  std::optional<ServerChoice> server;
  if (settings.is_command) {
    RequireAfl();
    server = ChooseInsideServer(ServerOf(settings), kInstead).choice;
    target = {ThisExecutable().string(), kFuzzWorker, folder.root.string()};
  } else if (IsServer(settings.target)) {
    MakeTarget(settings.target, ParseMend(settings.mend));  // a mistake shows here
  } else if (settings.mend != "none") {
    throw UsageError("{} is no server of hupstorm's: it has nothing to mend", settings.target);
  }
  if (target.empty()) target = {FuzzExecutable(settings).string()};
  MakeOutputFolder(options.out);
  const CampaignLock lock(folder);
  if (server && settings.corpora.empty() && !options.resume) {
    WriteSuite(folder.suite(), *server);
    settings.corpora = {folder.suite().string()};
  }
  SaveSettings(folder, settings);

  CampaignReport report{.program = program, .settings = settings, .folder = {options.out}};
  {
    CampaignDisplay display(settings);
    Campaign campaign(settings, folder, target, display);
    report.end = campaign.Run(limits);
    report.figures = campaign.figures();
    report.findings = campaign.findings();
    report.crashes = campaign.Crashes();
  }
  if (server) {
    FindPlaces(*server, report);
    Confirm(*server, report);
  } else if (IsServer(settings.target)) {
    ServerOptions ours;
    ours.targets = settings.target;
    ours.mend = settings.mend;
    FindPlaces(ChooseServer(ours), report);
  }
  if (options.json) {
    PrintJson(CampaignJson(report));
  } else {
    Print(CampaignText(report, Style::For(stdout)));
  }
  if (report.end == CampaignEnd::kDiskFull) return kExitFailed;
  return CountsAny(report, options.unconfirmed) ? kExitFindings : kExitClean;
}

}  // namespace

void AddFuzzCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "fuzz", "A fuzz campaign: random scenarios until something breaks", kFooter);
  command.Option("--target NAME", options->target, "the server, or another fuzz target");
  command.Option("--exec 'CMD {port}'", options->command,
                 "your own server: a shell command that starts it, listening on 127.0.0.1:{port}");
  command.Option(
      "--protocol PROTOCOL", options->protocol,
      "what the server of --exec speaks: echo (default), ack, http, none, or expect:FILE");
  command
      .Option("--start-timeout SECONDS", options->start_timeout_s,
              "seconds that the server of --exec may take until it listens (default: 10)")
      .Within(0.1, 600.0);
  command.Flag("--hardened", options->hardened,
               "the server of --exec is meant to survive what few do");
  command.Flag("--unconfirmed", options->unconfirmed,
               "what --exec finds and Linux does not show counts for the exit code too");
  command.Option("--executable FILE", options->executable,
                 "a fuzz target of your own, built for the engine (CMake's hupstorm_add_server)");
  command.Option("--mend MENDS", options->mend,
                 "of a documented server: none, all, all-but=DEFECT");
  command
      .Option("--engine ENGINE", options->engine,
              "libfuzzer (default), or afl (default for --exec)")
      .OneOf({std::string(kLibFuzzerName), std::string(kAflName)});
  command.Flag("--sanitizers", options->sanitizers,
               "the target built with ASan and UBSan (preset libfuzzer-asan, afl-asan)");
  command.Option("--time TIME", options->time, "how long: 60s, 10m, 8h (default: until Ctrl-C)");
  command.Option("--jobs N", options->jobs, "workers (default: one a processor)")
      .Within(1, kMostFuzzWorkers);
  command.Option("--out DIR", options->out, "the campaign's folder").Required();
  command.Option("--corpus DIR", options->corpora, "a folder of inputs to begin with")
      .OneValueEach();
  command.Option("--findings N", options->findings, "stop after this many distinct findings")
      .Within(1, 1'000'000);
  command
      .Option("--until ORACLE,...", options->until, "stop when one of these oracles has reported")
      .SplitAt(',')
      .OneValueEach();
  command
      .Option("--mutator MUTATOR", options->mutator,
              "steps (default), or bytes: inputs are changed without knowing what they mean")
      .OneOf({"steps", "bytes"});
  command.Flag("--resume", options->resume, "go on with the campaign in DIR");
  command.Flag("--json", options->json, "print the result as one JSON object");
  command.Option("engine_flags FLAG", options->engine_flags, "after --: the engine's own flags");
  command.Does(line.action, [options, &line] { return Fuzz(*options, line.program); });
}

}  // namespace hupstorm
