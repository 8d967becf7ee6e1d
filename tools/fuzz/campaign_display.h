// A campaign on standard error while it goes on: a line for each finding, and one that is rewritten
// with the figures; where no terminal is there to rewrite it, one every ten seconds.

#ifndef HUPSTORM_TOOLS_FUZZ_CAMPAIGN_DISPLAY_H_
#define HUPSTORM_TOOLS_FUZZ_CAMPAIGN_DISPLAY_H_

#include <chrono>
#include <set>
#include <string>

#include "tools/cli/output.h"
#include "tools/fuzz/campaign.h"

namespace hupstorm {

class CampaignDisplay final : public CampaignWatcher {
 public:
  explicit CampaignDisplay(const CampaignSettings& settings);
  ~CampaignDisplay() override;
  CampaignDisplay(const CampaignDisplay&) = delete;
  CampaignDisplay& operator=(const CampaignDisplay&) = delete;

  void OnFinding(const StoredFinding& finding) override;
  void OnScenario(const StoredFinding& finding) override;
  void OnCrash(const std::filesystem::path& input) override;
  void OnFigures(const CampaignFigures& figures) override;
  void OnFinishing(size_t scenarios_left) override;

 private:
  using Clock = std::chrono::steady_clock;

  void Line(const std::string& text);    // above the status
  void Status(const std::string& text);  // the line that is rewritten

  std::string name_;
  Style style_;
  bool terminal_;
  bool has_status_ = false;
  std::set<std::filesystem::path> scenarios_;
  Clock::time_point shown_;
};

// "1,234,567"
std::string Thousands(uint64_t number);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_FUZZ_CAMPAIGN_DISPLAY_H_
