// hupstorm conform

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "kernel/host_kernel.h"
#include "kernel/simulated/simulated_kernel.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/commands/conform.h"
#include "tools/conform/campaign.h"
#include "tools/conform/report.h"
#include "tools/report/json_output.h"

namespace hupstorm {
namespace {

struct Options {
  uint64_t seed = 1;
  uint64_t programs = 10'000;
  bool statistics = false;
};

int RunConformCommand(const Options& options) {
  SimulatedKernel kernel;
  HostKernel host;
  conform::Runner runner(kernel, kernel, host);
  conform::Campaign campaign;
  campaign.seed = options.seed;
  campaign.programs = options.programs;
  campaign.most_findings = 40;
  conform::CampaignResult result;
  {
    Progress progress("conform");
    result = conform::RunCampaign(runner, campaign, [&](uint64_t done, size_t found) {
      progress.Update(done, options.programs, fmt::format("{} differences", found));
    });
  }
  for (const conform::Finding& finding : result.findings) {
    Print(fmt::format("program {} ({} programs): {}\n", finding.shrunk.program.index,
                      finding.programs, conform::FindingText(finding.shrunk)));
  }
  if (options.statistics) Print(result.statistics.ToText());
  Print(fmt::format("{} programs, {} calls, {} declared, {} unsettled, {} differences\n",
                    result.programs, result.calls, result.declared, result.unsettled,
                    result.findings.size()));
  return result.findings.empty() ? kExitClean : kExitFindings;
}

}  // namespace

void AddConformCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("conform", "Compare the simulated kernel with Linux, call by call");
  command->add_option("--seed", options->seed, "which random programs");
  command->add_option("--programs", options->programs, "how many");
  command->add_flag("--statistics", options->statistics, "print what the programs did");
  command->callback(
      [options, &line] { line.action = [options] { return RunConformCommand(*options); }; });
}

}  // namespace hupstorm
