// hupstorm conform: runs random programs on the simulated kernel and on Linux and compares them.

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "conform/campaign.h"
#include "conform/generator.h"
#include "conform/report.h"
#include "kernel/host_kernel.h"
#include "kernel/simulated/simulated_kernel.h"
#include "kernel/trace/symbols.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/text_table.h"
#include "tools/report/json_output.h"
#include "tools/self/self.h"

namespace hupstorm {
namespace {

using conform::CampaignResult;
using conform::Finding;

constexpr char kFooter[] = R"(
Runs random programs of system calls on the simulated kernel and on Linux, over loopback, and
compares what each call gives and how ready each descriptor is afterwards. A program that differs is
made small and printed, and as a test for tests/kernel/conformance. Exits with 1 if a difference
is found that is not declared (--list-differences).

Examples:
  hupstorm conform
  hupstorm conform --seed 7 --programs 100000 --statistics
  hupstorm conform --seed 7 --program 1234        this one alone, and what it does
  hupstorm conform --list-differences

--json prints {"seed","first","programs","calls","declared","unsettled","differences":[{"kind",
"program","programs","text","test","replay"}],"statistics":{...}}; the last with --statistics.)";

struct Options {
  uint64_t seed = 1;
  uint64_t programs = 10'000;
  std::optional<uint64_t> program;
  bool statistics = false;
  bool list_differences = false;
  bool json = false;
};

void ListDifferences(bool json) {
  if (json) {
    auto list = nlohmann::ordered_json::array();
    for (const conform::DeclaredDifference& declared : conform::DeclaredDifferences()) {
      list.push_back({{"name", declared.name}, {"reason", declared.reason}});
    }
    PrintJson({{"declared", list}});
    return;
  }
  for (const conform::DeclaredDifference& declared : conform::DeclaredDifferences()) {
    Print("{}\n{}\n", declared.name, WrapText(std::string(declared.reason), TextWidth(), 2));
  }
}

std::string Replay(const Finding& finding, const std::string& program) {
  return fmt::format("{} conform --seed {} --program {}", program, finding.shrunk.program.seed,
                     finding.shrunk.program.index);
}

nlohmann::ordered_json StatisticsJson(const conform::Statistics& statistics) {
  nlohmann::ordered_json calls;
  for (int i = 0; i < conform::kCodes; ++i) {
    const conform::Statistics::Calls& counted = statistics.calls()[static_cast<size_t>(i)];
    nlohmann::ordered_json errors = nlohmann::ordered_json::object();
    for (const auto& [error, count] : counted.errors) errors[ErrorName(error)] = count;
    calls[std::string(CodeName(static_cast<conform::Code>(i)))] = {{"made", counted.made},
                                                                   {"errors", errors}};
  }
  nlohmann::ordered_json events = nlohmann::ordered_json::object();
  for (const auto& [set, count] : statistics.epoll_events()) events[EpollEventNames(set)] = count;
  nlohmann::ordered_json readiness = nlohmann::ordered_json::object();
  for (const auto& [set, count] : statistics.readiness()) {
    readiness[PollEventNames(static_cast<int>(set))] = count;
  }
  return {{"calls", calls}, {"epoll_events", events}, {"readiness", readiness}};
}

nlohmann::ordered_json ToJson(const CampaignResult& result, const conform::Campaign& campaign,
                              const Options& options, const std::string& program) {
  auto differences = nlohmann::ordered_json::array();
  for (const Finding& finding : result.findings) {
    differences.push_back({{"kind", finding.shrunk.mismatch.kind},
                           {"program", finding.shrunk.program.index},
                           {"programs", finding.programs},
                           {"text", FindingText(finding.shrunk)},
                           {"test", TestSource(finding.shrunk)},
                           {"replay", Replay(finding, program)}});
  }
  nlohmann::ordered_json json = {{"seed", campaign.seed},       {"first", campaign.first},
                                 {"programs", result.programs}, {"calls", result.calls},
                                 {"declared", result.declared}, {"unsettled", result.unsettled},
                                 {"differences", differences}};
  if (options.statistics) json["statistics"] = StatisticsJson(result.statistics);
  return json;
}

void PrintText(const CampaignResult& result, const Options& options, const std::string& program) {
  const Style style = Style::For(stdout);
  for (const Finding& finding : result.findings) {
    Print("{} {}\n\n{}\nReplay: {}\n\n", style.Red("difference:"), FindingText(finding.shrunk),
          TestSource(finding.shrunk), Replay(finding, program));
  }
  if (options.statistics) Print(result.statistics.ToText());
  Print("{} programs, {} calls: {}; {} declared, {} programs that Linux took its time for\n",
        result.programs, result.calls,
        result.findings.empty() ? "no difference"
                                : fmt::format("{} kinds of differences", result.findings.size()),
        result.declared, result.unsettled);
}

int RunConformCommand(const Options& options, const std::string& program) {
  if (options.list_differences) {
    ListDifferences(options.json);
    return kExitClean;
  }
  SimulatedKernel kernel;
  HostKernel host;
  conform::Runner runner(kernel, kernel, host);
  conform::Campaign campaign;
  campaign.seed = options.seed;
  campaign.first = options.program.value_or(0);
  campaign.programs = options.program ? 1 : options.programs;
  if (options.program && !options.json) {
    Print(ProgramText(conform::Generate(campaign.seed, campaign.first)));
  }
  CampaignResult result;
  {
    Progress progress("conform");
    result = RunCampaign(runner, campaign, [&](uint64_t done, size_t differences) {
      progress.Update(done, campaign.programs, fmt::format("{} differences", differences));
    });
  }
  if (options.json) {
    PrintJson(ToJson(result, campaign, options, program));
  } else {
    PrintText(result, options, program);
  }
  return result.findings.empty() ? kExitClean : kExitFindings;
}

}  // namespace

void AddConformCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "conform",
                  "Run random programs on the simulated kernel and on Linux, and compare", kFooter);
  command.Option("--seed", options->seed, "which random programs (default 1)");
  const CommandOption programs =
      command.Option("--programs", options->programs, "how many (default 10000)").Positive();
  command.Option("--program", options->program, "the one with this number alone")
      .Excludes(programs);
  command.Flag("--statistics", options->statistics, "print what the programs did");
  command.Flag("--list-differences", options->list_differences,
               "print what programs are not held to, and why");
  command.Flag("--json", options->json, "print one JSON object");
  command.Does(line.action, [options, &line] { return RunConformCommand(*options, line.program); });
}

}  // namespace hupstorm
