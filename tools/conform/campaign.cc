#include "tools/conform/campaign.h"

#include <algorithm>

#include "tools/conform/generator.h"

namespace hupstorm::conform {

CampaignResult RunCampaign(Runner& runner, const Campaign& campaign,
                           const std::function<void(uint64_t, size_t)>& progress) {
  CampaignResult result;
  const uint64_t unsettled_before = runner.unsettled();
  const uint64_t calls_before = runner.calls();
  const Observer count = [&result](const Operation& operation, const Outcome& host,
                                   const std::vector<Seen>& readiness) {
    result.statistics.Add(operation, host, readiness);
  };
  runner.set_observer(count);
  for (; result.programs < campaign.programs; ++result.programs) {
    const Program program = Generate(campaign.seed, campaign.first + result.programs);
    const RunResult run = runner.Run(program);
    result.declared += run.declared;
    if (run.mismatch) {
      const auto known = std::find_if(result.findings.begin(), result.findings.end(),
                                      [&run](const Finding& finding) {
                                        return finding.shrunk.mismatch.kind == run.mismatch->kind;
                                      });
      if (known != result.findings.end()) {
        ++known->programs;
      } else {
        runner.set_observer(nullptr);
        result.findings.push_back({Shrink(runner, program, *run.mismatch), 1});
        runner.set_observer(count);
      }
    }
    progress(result.programs + 1, result.findings.size());
    if (result.findings.size() >= campaign.most_findings) {
      ++result.programs;
      break;
    }
  }
  runner.set_observer(nullptr);
  result.unsettled = runner.unsettled() - unsettled_before;
  result.calls = runner.calls() - calls_before;
  return result;
}

}  // namespace hupstorm::conform
