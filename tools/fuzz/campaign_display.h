// A campaign on standard error while it goes on: a line for each finding, and one with the figures,
// which is rewritten on a terminal, and written every ten seconds elsewhere.

#ifndef HUPSTORM_TOOLS_FUZZ_CAMPAIGN_DISPLAY_H_
#define HUPSTORM_TOOLS_FUZZ_CAMPAIGN_DISPLAY_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "scenarios/campaign/finding_store.h"
#include "tools/cli/output.h"
#include "tools/fuzz/campaign_settings.h"
#include "tools/fuzz/fuzz_engine.h"

namespace hupstorm {

struct CampaignFigures {
  double seconds = 0;  // of all sessions
  uint64_t executions = 0;
  double rate = 0;  // executions a second of late
  EngineFigures engine;
  size_t findings = 0;
  size_t crashes = 0;
};

class CampaignDisplay {
 public:
  explicit CampaignDisplay(const CampaignSettings& settings);
  ~CampaignDisplay();
  CampaignDisplay(const CampaignDisplay&) = delete;
  CampaignDisplay& operator=(const CampaignDisplay&) = delete;

  void OnFinding(const StoredFinding& finding);
  void OnScenario(const StoredFinding& finding);  // its .scn is there
  void OnCrash(const std::filesystem::path& input);
  void OnFigures(const CampaignFigures& figures);  // some times a second
  void OnFinishing(size_t scenarios_left);         // the workers have ended

 private:
  using Clock = std::chrono::steady_clock;

  void Line(const std::string& text);    // above the status
  void Status(const std::string& text);  // the line that is rewritten

  std::string name_;
  Style style_;
  bool terminal_;
  bool has_status_ = false;
  Clock::time_point shown_;
};

// "1,234,567"
std::string Thousands(uint64_t number);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_FUZZ_CAMPAIGN_DISPLAY_H_
