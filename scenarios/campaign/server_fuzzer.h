// Runs a fuzzer's inputs against a server, and keeps or reports what is found.

#ifndef HUPSTORM_SCENARIOS_CAMPAIGN_SERVER_FUZZER_H_
#define HUPSTORM_SCENARIOS_CAMPAIGN_SERVER_FUZZER_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scenarios/campaign/campaign_counters.h"
#include "scenarios/campaign/finding_store.h"
#include "scenarios/worlds/world.h"
#include "target/target.h"

namespace hupstorm {

class ServerFuzzer {
 public:
  // `target` and `world` must outlive it; `mend` is what --mend must say for a replay. Looks at the
  // environment (fuzz/runtime/fuzzed_server.h). Throws std::runtime_error if what it names cannot
  // be used.
  ServerFuzzer(const Target& target, std::string mend, World& world);

  // One execution. Aborts at a finding if none are collected. Throws as the world does.
  void RunOne(std::span<const uint8_t> bytes);

  // Writes the smallest scenario that shows what the stored finding with this .bytes file is about.
  // Throws std::runtime_error if it cannot be read, does not show it any more, or the scenario
  // cannot be written.
  void Shrink(const std::filesystem::path& bytes_file);

 private:
  void Decode(std::span<const uint8_t> bytes);
  void Keep(const Finding& finding, std::span<const uint8_t> bytes);
  [[noreturn]] void Report(const std::vector<Finding>& findings);

  const Target& target_;
  const std::string mend_;
  World& world_;
  Scenario scenario_;
  std::optional<FindingStore> store_;
  CampaignCountersPtr counters_;
  int worker_ = 0;
  bool complained_ = false;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_CAMPAIGN_SERVER_FUZZER_H_
