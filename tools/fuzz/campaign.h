// A fuzz campaign: workers of an engine, which go on until the user or a limit stops them; their
// findings, collected and made small; and figures for the display.

#ifndef HUPSTORM_TOOLS_FUZZ_CAMPAIGN_H_
#define HUPSTORM_TOOLS_FUZZ_CAMPAIGN_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scenarios/campaign/campaign_counters.h"
#include "scenarios/campaign/finding_store.h"
#include "tools/fuzz/background_shrinker.h"
#include "tools/fuzz/campaign_display.h"
#include "tools/fuzz/campaign_settings.h"
#include "tools/fuzz/fuzz_engine.h"

namespace hupstorm {

struct CampaignLimits {
  std::optional<std::chrono::nanoseconds> time;  // for this session
  size_t findings = SIZE_MAX;                    // stop when there are this many
  std::vector<std::string> until;                // stop when one of these oracles has reported
};

enum class CampaignEnd : uint8_t { kTime, kFindings, kInterrupted, kEngineDone, kDiskFull };

class Campaign {
 public:
  // What is given must outlive the campaign. `target`: the fuzz target for the engine,
  // and its arguments.
  Campaign(const CampaignSettings& settings, const CampaignFolder& folder,
           const std::vector<std::string>& target, CampaignDisplay& display);
  ~Campaign();
  Campaign(const Campaign&) = delete;
  Campaign& operator=(const Campaign&) = delete;

  // Until a limit, SIGINT or SIGTERM (which are kept from the process meanwhile), or the end of all
  // workers. A second SIGINT ends it without waiting for anything. Throws FailedError if workers
  // cannot work, with the last that they wrote.
  CampaignEnd Run(const CampaignLimits& limits);

  const CampaignFigures& figures() const { return figures_; }
  const std::vector<StoredFinding>& findings() const { return findings_; }
  std::vector<std::filesystem::path> Crashes() const { return engine_->Crashes(); }

 private:
  using Clock = std::chrono::steady_clock;

  struct Worker {
    ChildProcess process;
    uint64_t executions_at_start = 0;
    int crashes = 0;
    int idle_crashes = 0;  // in a row, before anything was executed
  };

  void Start(int worker);
  bool LookAtWorkers();  // false when all have ended
  void LookAtFindings();
  void LookAtCrashes();
  void Measure();
  bool IsDiskFull() const;
  std::optional<CampaignEnd> WhyStop(const CampaignLimits& limits) const;
  std::vector<std::string> Environment() const;
  [[noreturn]] void Fail(int worker, int status) const;

  const CampaignSettings& settings_;
  const CampaignFolder& folder_;
  CampaignDisplay& display_;
  std::unique_ptr<FuzzEngine> engine_;
  CampaignCountersPtr counters_;
  BackgroundShrinker shrinker_;
  std::vector<Worker> workers_;
  std::vector<StoredFinding> findings_;
  std::set<std::filesystem::path> known_crashes_;
  std::filesystem::file_time_type findings_changed_;
  CampaignFigures figures_;
  Clock::time_point begin_;
  Clock::time_point measured_;
  Clock::time_point noted_;
  uint64_t executions_measured_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_FUZZ_CAMPAIGN_H_
