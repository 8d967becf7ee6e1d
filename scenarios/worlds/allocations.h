// Where a server allocates what it keeps: the stack of each live block that was made since the
// script began.

#ifndef HUPSTORM_SCENARIOS_WORLDS_ALLOCATIONS_H_
#define HUPSTORM_SCENARIOS_WORLDS_ALLOCATIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernel/heap/heap_meter.h"
#include "kernel/stacks/stack_walk.h"
#include "scenarios/worlds/server_host.h"

namespace hupstorm {

class Allocations final : private HeapListener {
 public:
  explicit Allocations(ServerHost& host) : host_(host) {}

  // For a new run; see RunOptions::heap_stacks.
  void Start(bool wanted);
  void BeginScript();
  // All clients of a round have gone: what is there now the server keeps.
  void EndRound();
  // Ends the run. The stacks on each of which several blocks were made that were kept at the end of
  // the last round (CallStack::kept_blocks), in the order in which the first were made; none if it
  // was not wanted.
  std::vector<CallStack> Finish();

 private:
  struct Block {
    size_t stack = 0;  // its number
    size_t size = 0;
  };
  using Key = std::vector<std::pair<uint64_t, uint16_t>>;

  void OnMade(const void* block, size_t size, const void* inner) override;
  void OnFreed(const void* block) override;

  ServerHost& host_;
  bool wanted_ = false;
  StackWalk walk_;
  std::map<Key, size_t> numbers_;  // of stacks, as indices
  std::vector<CallStack> stacks_;
  std::unordered_map<const void*, Block> blocks_;  // that are live
  std::vector<CallStack> kept_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_ALLOCATIONS_H_
