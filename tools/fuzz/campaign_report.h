// What came of a fuzz campaign, for people and for programs.

#ifndef HUPSTORM_TOOLS_FUZZ_CAMPAIGN_REPORT_H_
#define HUPSTORM_TOOLS_FUZZ_CAMPAIGN_REPORT_H_

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "scenarios/oracles/finding.h"
#include "tools/cli/output.h"
#include "tools/fuzz/campaign.h"
#include "tools/report/confirmation.h"

namespace hupstorm {

struct CampaignReport {
  std::string program;  // how the user called hupstorm
  CampaignSettings settings;
  CampaignFolder folder;
  CampaignFigures figures = {};
  std::vector<StoredFinding> findings = {};
  std::vector<std::filesystem::path> crashes = {};
  CampaignEnd end = CampaignEnd::kTime;
  std::string server = {};  // of --exec: the options that select it, for a shell
  // Of each finding: what it is when it is run once more, with its place; and whether Linux shows
  // it. Empty if nobody has looked.
  std::vector<Finding> looked_at = {};
  std::vector<Confirmation> confirmations = {};
};

// As much as is known of a finding: with its place if somebody has looked.
Finding KnownOf(const CampaignReport& report, size_t finding);

std::string CampaignText(const CampaignReport& report, const Style& style);

// {"target","mend","engine","jobs","out","end","seconds","executions","coverage","corpus",
//  "findings":[{"oracle","target","evidence","fingerprint","severity","bug",
//  "place":{"file","line","function","call"} or
//  null,"cause","needs","seconds","executions","input","scenario",
//  "steps","replay"}],"bugs":[{"bug","place","cause","needs","severity","oracles":[],"findings":N,"replay"}],
//  "crashes":[{"input","replay"}]}
// Findings of --exec have "confirmed" too, as AddConfirmation says. A finding whose scenario is not
// there yet has an empty "scenario" and no "steps".
nlohmann::ordered_json CampaignJson(const CampaignReport& report);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_FUZZ_CAMPAIGN_REPORT_H_
