// What a server whose code is not known keeps on its heap when all clients are gone, round after
// round. Its pools, caches and buffers grow too, for a while: it is given as many rounds as it
// takes to tell, and then time to forget.

#ifndef HUPSTORM_SCENARIOS_WORLDS_HEAP_WATCH_H_
#define HUPSTORM_SCENARIOS_WORLDS_HEAP_WATCH_H_

#include <array>
#include <cstdint>

#include "kernel/heap/heap_sizes.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/allocations.h"
#include "scenarios/worlds/server_host.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {

class HeapWatch {
 public:
  HeapWatch(Ledger& ledger, ServerHost& host) : ledger_(ledger), host_(host), allocations_(host) {}

  void Start(const Scenario& scenario, const RunOptions& options);
  void BeginScript();
  void EndRound();  // all clients are gone

  // Blocks of a size have grown in number, in each round of late: does that go on?
  bool WantsAnotherRound() const { return wants_another_round_; }
  // It has gone on for long: what is left when a long time has gone by after each round?
  bool WantsTime() const { return gives_time_; }
  // It has gone by. Brings the ledger up to date.
  void EndTime();
  // Where what it keeps was allocated; see RunOptions::heap_stacks. After the run.
  std::vector<CallStack> TakeStacks() { return allocations_.Finish(); }

 private:
  struct Growth {
    int64_t first = 0;  // live blocks before the rounds
    int64_t last = 0;
    uint32_t rounds = 0;  // in a row, each of which left more
  };

  void Begin(uint32_t least_rounds);
  void CountRound(const HeapBlocks& blocks);

  Ledger& ledger_;
  ServerHost& host_;
  Allocations allocations_;
  uint32_t rounds_asked_ = 0;  // by the scenario
  bool may_look_long_ = true;
  bool gives_time_ = false;
  bool has_given_time_ = false;
  uint32_t rounds_ = 0;  // with time, or without it
  uint32_t least_rounds_ = 0;
  std::array<Growth, kHeapSizes> growth_ = {};  // by size
  bool wants_another_round_ = false;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_HEAP_WATCH_H_
