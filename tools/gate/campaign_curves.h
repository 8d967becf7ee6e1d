// How a fuzz campaign went, from its folder.

#ifndef HUPSTORM_TOOLS_GATE_CAMPAIGN_CURVES_H_
#define HUPSTORM_TOOLS_GATE_CAMPAIGN_CURVES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hupstorm {

struct CampaignMoment {
  double seconds = 0;  // since the campaign began
  uint64_t executions = 0;
  double rate = 0;  // executions a second, since the moment before
  uint64_t coverage = 0;
};

struct CampaignCurves {
  std::string target;
  std::string engine;
  std::vector<CampaignMoment> moments;  // some hundreds, whatever its length
  struct Found {
    double seconds = 0;
    std::string oracle;
    std::string evidence;
  };
  std::vector<Found> findings;
};

// Of the campaign in `folder` (hupstorm fuzz --out); nothing where it holds none. Throws UsageError
// where its settings cannot be read.
std::optional<CampaignCurves> LoadCampaignCurves(const std::string& folder);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_CAMPAIGN_CURVES_H_
