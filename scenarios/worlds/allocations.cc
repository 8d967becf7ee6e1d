#include "scenarios/worlds/allocations.h"

#include <utility>

namespace hupstorm {

void Allocations::Start(bool wanted) {
  if (wanted_) host_.Listen(nullptr);
  wanted_ = wanted;
  if (!wanted) return;
  numbers_.clear();
  stacks_.clear();
  blocks_.clear();
  kept_.clear();
}

void Allocations::BeginScript() {
  if (wanted_) host_.Listen(this);
}

void Allocations::EndRound() {
  constexpr size_t kMost = 64;
  // What is made once in a while, as room for a table, is not kept of each client.
  constexpr int64_t kSeveral = 3;
  if (!wanted_) return;
  kept_.clear();
  for (const CallStack& stack : stacks_) {
    if (stack.kept_blocks >= kSeveral && kept_.size() < kMost) kept_.push_back(stack);
  }
}

std::vector<CallStack> Allocations::Finish() {
  if (!wanted_) return {};
  host_.Listen(nullptr);
  return std::exchange(kept_, {});
}

void Allocations::OnMade(const void* block, size_t size, const void* inner) {
  host_.WalkStack(walk_, inner);
  Key key;
  for (size_t i = 0; i < walk_.size; ++i) {
    key.emplace_back(walk_.frames[i].offset, walk_.frames[i].module);
  }
  const auto [number, is_new] = numbers_.try_emplace(std::move(key), stacks_.size());
  if (is_new) stacks_.push_back(ToCallStack(walk_));
  CallStack& stack = stacks_[number->second];
  ++stack.kept_blocks;
  stack.kept_bytes += static_cast<int64_t>(size);
  blocks_.insert_or_assign(block, Block{.stack = number->second, .size = size});
}

void Allocations::OnFreed(const void* block) {
  const auto found = blocks_.find(block);
  if (found == blocks_.end()) return;
  CallStack& stack = stacks_[found->second.stack];
  --stack.kept_blocks;
  stack.kept_bytes -= static_cast<int64_t>(found->second.size);
  blocks_.erase(found);
}

}  // namespace hupstorm
