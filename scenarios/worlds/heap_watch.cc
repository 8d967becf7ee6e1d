#include "scenarios/worlds/heap_watch.h"

#include <algorithm>
#include <atomic>

namespace hupstorm {
namespace {

// So many rounds in a row are no accident.
constexpr uint32_t kSuspicious = 20;
// And what was freed while time went by first is used again for as long.
constexpr uint32_t kUsedAgain = 10;
// No cache has so much of one size: haproxy's, one a thread, hold 512 KiB each.
constexpr int64_t kMoreThanACache = 10'000;  // blocks
constexpr int64_t kMoreBytesThanACache = 64 << 20;
// What has not come to that by then is not told.
constexpr uint32_t kMostRounds = 10'000;

}  // namespace

void HeapWatch::Start(const Scenario& scenario, const RunOptions& options) {
  allocations_.Start(options.heap_stacks);
  rounds_asked_ = scenario.rounds;
  // Nobody could read ten thousand rounds.
  may_look_long_ =
      !options.record_time_line && options.call_log == nullptr && options.client_views == nullptr;
  gives_time_ = has_given_time_ = wants_another_round_ = false;
}

void HeapWatch::BeginScript() {
  allocations_.BeginScript();
  Begin(rounds_asked_);
}

void HeapWatch::Begin(uint32_t least_rounds) {
  rounds_ = 0;
  least_rounds_ = least_rounds;
  const HeapBlocks blocks = host_.BlocksBySize();
  if (blocks.live == nullptr) return;
  for (size_t size = 0; size < kHeapSizes; ++size) {
    const int64_t live = (*blocks.live)[size];
    growth_[size] = {.first = live, .last = live};
  }
}

void HeapWatch::EndRound() {
  allocations_.EndRound();
  if (gives_time_) return;
  wants_another_round_ = false;
  const HeapBlocks blocks = host_.BlocksBySize();
  // With more descriptors it keeps what belongs to them: that is the other bug.
  if (blocks.live == nullptr || ledger_.descriptors_now > ledger_.descriptors_at_start) return;
  CountRound(blocks);
  for (size_t size = 0; size < kHeapSizes; ++size) {
    const HeapGrowth known = (*blocks.known)[size];
    const bool may_look = known == HeapGrowth::kLeak || may_look_long_;
    gives_time_ = gives_time_ || (growth_[size].rounds >= kSuspicious && may_look);
  }
  if (rounds_ >= least_rounds_ + kSuspicious) wants_another_round_ = false;
}

void HeapWatch::EndTime() {
  allocations_.EndRound();
  const HeapBlocks blocks = host_.BlocksBySize();
  if (!has_given_time_) {
    has_given_time_ = wants_another_round_ = true;
    return Begin(kUsedAgain);
  }
  CountRound(blocks);
  for (size_t size = 0; size < kHeapSizes; ++size) {
    const Growth& growth = growth_[size];
    std::atomic<HeapGrowth>& known = (*blocks.known)[size];
    if (growth.rounds < kSuspicious) continue;
    const int64_t more = growth.last - growth.first;
    const auto bytes = static_cast<int64_t>(LargestOfHeapSize(size));
    if (known == HeapGrowth::kLeak || more >= kMoreThanACache ||
        more * bytes >= kMoreBytesThanACache) {
      known = HeapGrowth::kLeak;
      wants_another_round_ = false;
      ledger_.kept_blocks = more;
      ledger_.kept_block_bytes = LargestOfHeapSize(size);
      ledger_.kept_rounds = growth.rounds;
      return;
    }
    if (rounds_ >= kMostRounds) known = HeapGrowth::kEnds;
  }
}

void HeapWatch::CountRound(const HeapBlocks& blocks) {
  ++rounds_;
  wants_another_round_ = gives_time_ && rounds_ < least_rounds_;
  for (size_t size = 0; size < kHeapSizes; ++size) {
    const int64_t live = (*blocks.live)[size];
    Growth& growth = growth_[size];
    const HeapGrowth known = (*blocks.known)[size];
    if (live <= growth.last || known == HeapGrowth::kEnds) {
      const bool has_ended = gives_time_ && growth.rounds >= kSuspicious;
      if (has_ended && known == HeapGrowth::kUnknown) (*blocks.known)[size] = HeapGrowth::kEnds;
      growth = {.first = live, .last = live};
      continue;
    }
    growth.last = live;
    ++growth.rounds;
    // As long as it has grown in each round that was made to see that.
    const uint32_t more_rounds = rounds_ > least_rounds_ ? rounds_ - least_rounds_ : 0;
    if (growth.rounds >= std::min(more_rounds, kSuspicious)) wants_another_round_ = true;
  }
}

}  // namespace hupstorm
