#include "conform/campaign.h"

#include "conform/generator.h"

namespace hupstorm::conform {

namespace {

// Counts the program if a difference of its kind was found before.
bool IsKnown(CampaignResult& result, const std::string& kind) {
  for (Finding& finding : result.findings) {
    if (finding.shrunk.mismatch.kind != kind) continue;
    ++finding.programs;
    return true;
  }
  return false;
}

}  // namespace

CampaignResult RunCampaign(Runner& runner, const Campaign& campaign,
                           const std::function<void(uint64_t, size_t)>& progress) {
  CampaignResult result;
  const uint64_t calls_before = runner.calls();
  const Observer count = [&result](const Program& program, size_t operation, const Outcome& host,
                                   const std::vector<Seen>& readiness) {
    result.statistics.Add(program.operations[operation], host, readiness);
  };
  while (result.programs < campaign.programs && result.findings.size() < campaign.most_findings) {
    const Program program = Generate(campaign.seed, campaign.first + result.programs++);
    RunResult run = runner.Run(program, false, count);
    result.declared += run.declared;
    if (run.mismatch && !IsKnown(result, run.mismatch->kind)) {
      run = runner.Confirm(program);
      if (!run.mismatch) {
        ++result.unsettled;
      } else if (!IsKnown(result, run.mismatch->kind)) {
        result.findings.push_back({Shrink(runner, program, *run.mismatch), 1});
      }
    }
    progress(result.programs, result.findings.size());
  }
  result.calls = runner.calls() - calls_before;
  return result;
}

}  // namespace hupstorm::conform
