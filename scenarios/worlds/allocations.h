// Where a server allocates what it keeps: the stack of each live block that was made since the
// script began.

#ifndef HUPSTORM_SCENARIOS_WORLDS_ALLOCATIONS_H_
#define HUPSTORM_SCENARIOS_WORLDS_ALLOCATIONS_H_

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

  // For a new run; see RunOptions::heap_stack.
  void Start(bool wanted);
  void BeginScript();
  // All clients of a round have gone: what is there now the server keeps.
  void EndRound();
  // Ends the run. The stack on which most of the blocks were made that were kept at the end of the
  // last round; empty if there are none, or if it was not wanted.
  CallStack Finish();

 private:
  struct Stack {
    CallStack stack;
    int64_t live = 0;  // blocks
  };
  using Key = std::vector<std::pair<uint64_t, uint16_t>>;

  void OnMade(const void* block, const void* inner) override;
  void OnFreed(const void* block) override;

  ServerHost& host_;
  bool wanted_ = false;
  StackWalk walk_;
  std::map<Key, size_t> numbers_;  // of stacks, as indices
  std::vector<Stack> stacks_;
  std::unordered_map<const void*, size_t>
      blocks_;  // that are live, and the numbers of their stacks
  CallStack most_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_ALLOCATIONS_H_
