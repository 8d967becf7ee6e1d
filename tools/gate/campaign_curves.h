// How a fuzz campaign went, from its folder.

#ifndef HUPSTORM_TOOLS_GATE_CAMPAIGN_CURVES_H_
#define HUPSTORM_TOOLS_GATE_CAMPAIGN_CURVES_H_

#include <optional>
#include <string>

#include "tools/report/gate_report.h"

namespace hupstorm {

// Of the campaign in `folder` (hupstorm fuzz --out); nothing if it holds none. Throws UsageError if
// its settings cannot be read.
std::optional<CampaignCurves> LoadCampaignCurves(const std::string& folder);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_CAMPAIGN_CURVES_H_
