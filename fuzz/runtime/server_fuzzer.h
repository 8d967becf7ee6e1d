// Runs inputs against the fuzzed server, and keeps or reports what is found.

#ifndef HUPSTORM_FUZZ_RUNTIME_SERVER_FUZZER_H_
#define HUPSTORM_FUZZ_RUNTIME_SERVER_FUZZER_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "fuzz/runtime/fuzzed_server.h"
#include "scenarios/campaign/campaign_counters.h"
#include "scenarios/campaign/finding_store.h"
#include "scenarios/worlds/simulated_world.h"

namespace hupstorm {

class ServerFuzzer {
 public:
  // Looks at the environment (fuzzed_server.h). Throws std::runtime_error if what it names
  // cannot be used.
  explicit ServerFuzzer(FuzzedServer server);

  // One execution. Aborts at a finding if none are collected.
  void RunOne(std::span<const uint8_t> bytes);

  // Writes the smallest scenario that shows what the stored finding with this .bytes file is about.
  // Throws std::runtime_error if it cannot be read, does not show it any more, or the scenario
  // cannot be written.
  void Shrink(const std::filesystem::path& bytes_file);

  const FuzzedServer& server() const { return server_; }

 private:
  void Decode(std::span<const uint8_t> bytes);
  void Keep(const Finding& finding, std::span<const uint8_t> bytes);
  [[noreturn]] void Report(const std::vector<Finding>& findings);

  FuzzedServer server_;
  SimulatedWorld world_;
  Scenario scenario_;
  std::optional<FindingStore> store_;
  CampaignCountersPtr counters_;
  int worker_ = 0;
  bool complained_ = false;
};

}  // namespace hupstorm

#endif  // HUPSTORM_FUZZ_RUNTIME_SERVER_FUZZER_H_
