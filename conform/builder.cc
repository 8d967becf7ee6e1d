#include "conform/builder.h"

#include <algorithm>

namespace hupstorm::conform {
namespace {

constexpr int kClosedPercent = 2;  // how often a call is on a descriptor that was closed
// One direction of a connection carries no more: half of what the smallest window takes.
constexpr int kMostSent = 12 * 1024;

}  // namespace

int8_t Builder::Pick(uint32_t roles) {
  const bool closed = random_.Chance(kClosedPercent);
  int8_t found[kSlots];
  int count = 0;
  for (int8_t i = 0; i < used_; ++i) {
    if ((roles & Bit(RoleOf(i))) != 0 && At(i).open != closed) found[count++] = i;
  }
  return count == 0 ? kNoSlot : found[random_.Below(count)];
}

int8_t Builder::New(Role role, bool non_blocking) {
  if (used_ == kSpareSlot) return kNoSlot;
  At(used_) = {.role = role, .open = true, .non_blocking = non_blocking};
  return used_++;
}

void Builder::Copy(int8_t from, int8_t to) {
  if (!At(from).open || !At(to).open) return;
  At(to).role = At(from).role;
  At(to).non_blocking = At(from).non_blocking;
}

void Builder::Connected(int8_t client, int8_t listener) {
  if (At(listener).open) ++At(listener).waiting;
  At(client).role = Role::kClient;
}

void Builder::Accepted(int8_t listener) {
  At(listener).waiting = std::max(At(listener).waiting - 1, 0);
}

int Builder::Allowance(int8_t slot) const { return std::max(kMostSent - At(slot).sent, 0); }

Operation& Builder::Add(const Operation& operation) {
  return program_.operations.emplace_back(operation);
}

}  // namespace hupstorm::conform
