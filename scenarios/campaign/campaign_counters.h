// What the workers of a fuzz campaign count, in a file that each of them maps: exact figures can
// be read at any time, and a finding says when it was made.

#ifndef HUPSTORM_SCENARIOS_CAMPAIGN_CAMPAIGN_COUNTERS_H_
#define HUPSTORM_SCENARIOS_CAMPAIGN_CAMPAIGN_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace hupstorm {

inline constexpr int kMostFuzzWorkers = 64;

// The file's content. Each worker writes to its own place alone.
struct CampaignCounters {
  struct alignas(64) Worker {
    std::atomic<uint64_t> executions;
  };

  uint64_t layout;  // kLayout
  // Time that the campaign had taken before it was last resumed, and CLOCK_MONOTONIC then.
  std::atomic<int64_t> earlier_ns;
  std::atomic<int64_t> resumed_ns;
  std::array<Worker, kMostFuzzWorkers> workers;
  // Time that it had taken when it was last looked at: what is left of a session that was killed.
  std::atomic<int64_t> saved_ns;

  uint64_t Executions() const;  // of all workers
  double Seconds() const;       // that the campaign has taken so far
  // A session begins: its time is added to that of earlier ones.
  void Resume();
  // Keeps the time so far, for when this session ends without notice.
  void SaveTime();
  // An execution more by `worker`, which alone writes to its place.
  void Count(int worker) {
    std::atomic<uint64_t>& mine = workers[static_cast<size_t>(worker)].executions;
    mine.store(mine.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  static constexpr uint64_t kLayout = 0x68757073746f0001;
};

struct UnmapCounters {
  void operator()(CampaignCounters* counters) const;
};
using CampaignCountersPtr = std::unique_ptr<CampaignCounters, UnmapCounters>;

// Maps the file at `path`; makes it, all zeros, if there is none. Throws std::runtime_error
// if it cannot be mapped or is something else.
CampaignCountersPtr MapCampaignCounters(const std::string& path);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_CAMPAIGN_CAMPAIGN_COUNTERS_H_
