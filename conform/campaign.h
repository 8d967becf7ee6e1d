// Runs many random programs and gathers what they differ by.

#ifndef HUPSTORM_CONFORM_CAMPAIGN_H_
#define HUPSTORM_CONFORM_CAMPAIGN_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "conform/shrinker.h"
#include "conform/statistics.h"

namespace hupstorm::conform {

struct Campaign {
  uint64_t seed = 1;
  uint64_t first = 0;  // index of the first program
  uint64_t programs = 0;
  size_t most_findings = 10;  // kinds of differences after which it ends
};

struct Finding {
  Shrunk shrunk;
  uint64_t programs = 1;  // how many programs differed in this way
};

struct CampaignResult {
  uint64_t programs = 0;  // that were run
  uint64_t calls = 0;
  uint64_t declared = 0;          // disagreements that are declared
  uint64_t unsettled = 0;         // programs that differed once and, given time, no more
  std::vector<Finding> findings;  // one for each kind, the smallest program for it
  Statistics statistics;
};

// Throws std::runtime_error if Linux does not give what programs need. `progress` is told how
// many programs were run and how many kinds of differences found, after each program.
CampaignResult RunCampaign(Runner& runner, const Campaign& campaign,
                           const std::function<void(uint64_t, size_t)>& progress);

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_CAMPAIGN_H_
