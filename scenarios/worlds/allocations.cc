#include "scenarios/worlds/allocations.h"

#include <algorithm>
#include <utility>

namespace hupstorm {

void Allocations::Start(bool wanted) {
  if (wanted_) host_.Listen(nullptr);
  wanted_ = wanted;
  if (!wanted) return;
  numbers_.clear();
  stacks_.clear();
  blocks_.clear();
  most_ = {};
}

void Allocations::BeginScript() {
  if (wanted_) host_.Listen(this);
}

void Allocations::EndRound() {
  if (!wanted_) return;
  const auto most =
      std::max_element(stacks_.begin(), stacks_.end(),
                       [](const Stack& one, const Stack& other) { return one.live < other.live; });
  if (most == stacks_.end() || most->live == 0) return;
  most_ = most->stack;
  most_.heap = true;
}

CallStack Allocations::Finish() {
  if (!wanted_) return {};
  host_.Listen(nullptr);
  return std::exchange(most_, {});
}

void Allocations::OnMade(const void* block, const void* inner) {
  host_.WalkStack(walk_, inner);
  Key key;
  for (size_t i = 0; i < walk_.size; ++i) {
    key.emplace_back(walk_.frames[i].offset, walk_.frames[i].module);
  }
  const auto [number, is_new] = numbers_.try_emplace(std::move(key), stacks_.size());
  if (is_new) stacks_.push_back({.stack = ToCallStack(walk_)});
  ++stacks_[number->second].live;
  blocks_.insert_or_assign(block, number->second);
}

void Allocations::OnFreed(const void* block) {
  const auto found = blocks_.find(block);
  if (found == blocks_.end()) return;
  --stacks_[found->second].live;
  blocks_.erase(found);
}

}  // namespace hupstorm
