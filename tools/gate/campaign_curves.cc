#include "tools/gate/campaign_curves.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "scenarios/campaign/finding_store.h"
#include "tools/fuzz/campaign_settings.h"

namespace hupstorm {
namespace {

constexpr size_t kMostMoments = 400;

// One line of progress.csv (campaign.cc); nothing for its head, and for one that a kill has cut.
std::optional<CampaignMoment> ParseMoment(const std::string& line) {
  CampaignMoment moment;
  unsigned long executions = 0;
  unsigned long coverage = 0;
  if (std::sscanf(line.c_str(), "%lf,%lu,%lu,", &moment.seconds, &executions, &coverage) != 3) {
    return std::nullopt;
  }
  moment.executions = executions;
  moment.coverage = coverage;
  return moment;
}

std::vector<CampaignMoment> LoadMoments(const std::filesystem::path& path) {
  std::vector<CampaignMoment> all;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (const auto moment = ParseMoment(line)) all.push_back(*moment);
  }
  const size_t stride = all.size() / kMostMoments + 1;
  std::vector<CampaignMoment> moments;
  for (size_t i = stride - 1; i < all.size(); i += stride) {
    CampaignMoment& moment = moments.emplace_back(all[i]);
    const CampaignMoment before =
        moments.size() > 1 ? moments[moments.size() - 2] : CampaignMoment{};
    const double passed = moment.seconds - before.seconds;
    if (passed > 0 && moment.executions >= before.executions) {
      moment.rate = static_cast<double>(moment.executions - before.executions) / passed;
    }
  }
  return moments;
}

}  // namespace

std::optional<CampaignCurves> LoadCampaignCurves(const std::string& folder) {
  const CampaignFolder places{folder};
  const std::optional<CampaignSettings> settings = LoadSettings(places);
  if (!settings) return std::nullopt;
  CampaignCurves curves;
  curves.target = settings->target;
  curves.engine = settings->engine;
  curves.moments = LoadMoments(places.progress());
  for (const StoredFinding& found : StoredFindings(places.findings())) {
    curves.findings.push_back({found.record.seconds, found.record.oracle, found.record.evidence});
  }
  return curves;
}

}  // namespace hupstorm
