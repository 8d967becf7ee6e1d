// hupstorm fuzz --target NAME --engine libfuzzer|afl --time 60s --jobs N --out DIR

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "scenarios/language/units.h"
#include "tools/catalogue/linked_server.h"
#include "tools/catalogue/pages.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/commands/commands.h"
#include "tools/fuzz/campaign.h"
#include "tools/fuzz/campaign_display.h"
#include "tools/fuzz/campaign_report.h"
#include "tools/fuzz/fuzz_target.h"
#include "tools/isolation/isolated_runner.h"
#include "tools/report/json_output.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

constexpr char kFooter[] = R"(
A campaign goes on until --time is over or Ctrl-C. Each distinct finding is kept once, as the fuzzer's
input (DIR/findings/*.bytes) and, made as small as can be, as a scenario to read and replay (*.scn).
Inputs that crash the target for real are kept as the engine does: DIR/crashes/crash-* with
libFuzzer, DIR/afl/main/crashes with AFL++. libFuzzer's corpus is DIR/corpus; DIR/afl is AFL++'s own
output directory, for afl-whatsup, afl-plot, afl-cmin and the like.

What stands after -- goes to the engine's workers as it is.

Examples:
  hupstorm fuzz --target doc001/poll --time 60s --out out/poll
  hupstorm fuzz --target reference/epoll-et --engine afl --jobs 2 --time 8h --out out/et
  hupstorm fuzz --resume --out out/et --time 8h
  hupstorm fuzz --target doc003/epoll-http --mend all-but=fin-ignored --findings 1 --out out/http
  hupstorm fuzz --target reference/poll --corpus build/seeds --out out/poll -- -seed=7 -max_len=512

--json prints {"target","mend","engine","jobs","out","end","seconds","executions","coverage","corpus",
"findings":[{"oracle","target","evidence","fingerprint","seconds","executions","input","scenario",
"replay","steps"}],"crashes":[{"input","replay"}]}.)";

struct Options {
  std::string target;
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
};

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

// A new campaign, as the options have it.
CampaignSettings NewSettings(const Options& options) {
  CampaignSettings settings;
  settings.target = options.target;
  settings.mend = options.mend.empty() ? "none" : options.mend;
  settings.engine = options.engine.empty() ? std::string(kLibFuzzerName) : options.engine;
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
    throw UsageError("--target is missing: which server? (hupstorm list targets)");
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

int Fuzz(const Options& options, const std::string& program) {
  const CampaignFolder folder{fs::absolute(options.out)};
  CampaignLimits limits;
  limits.time = ParseTime(options.time);
  if (options.findings > 0) limits.findings = options.findings;
  limits.until = options.until;
  for (const std::string& oracle : limits.until) CheckOracleName(oracle);
  const CampaignSettings settings = Settle(options, folder);
  if (IsServer(settings.target)) {
    MakeTarget(settings.target, ParseMend(settings.mend));  // a mistake shows here
  } else if (settings.mend != "none") {
    throw UsageError("{} is no server of hupstorm's: it has nothing to mend", settings.target);
  }
  const fs::path executable = FuzzExecutable(settings);
  MakeOutputFolder(options.out);
  const CampaignLock lock(folder);
  SaveSettings(folder, settings);

  CampaignReport report{.program = program, .settings = settings, .folder = {options.out}};
  {
    CampaignDisplay display(settings);
    Campaign campaign(settings, folder, executable, display);
    report.end = campaign.Run(limits);
    report.figures = campaign.figures();
    report.findings = campaign.findings();
    report.crashes = campaign.Crashes();
  }
  if (options.json) {
    PrintJson(CampaignJson(report));
  } else {
    Print(CampaignText(report, Style::For(stdout)));
  }
  if (report.end == CampaignEnd::kDiskFull) return kExitFailed;
  return report.findings.empty() && report.crashes.empty() ? kExitClean : kExitFindings;
}

}  // namespace

void AddFuzzCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "fuzz", "A fuzz campaign: random scenarios until something breaks", kFooter);
  command.Option("--target NAME", options->target, "the server, or another fuzz target");
  command.Option("--executable FILE", options->executable,
                 "a fuzz target of your own, built for the engine (CMake's hupstorm_add_server)");
  command.Option("--mend MENDS", options->mend,
                 "of a documented server: none, all, all-but=DEFECT");
  command.Option("--engine ENGINE", options->engine, "libfuzzer (default) or afl")
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
