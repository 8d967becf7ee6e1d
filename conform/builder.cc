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
    const Slot& slot = slots_[static_cast<size_t>(i)];
    if ((roles & Bit(slot.role)) != 0 && slot.open != closed) found[count++] = i;
  }
  return count == 0 ? kNoSlot : found[random_.Below(count)];
}

int8_t Builder::New(Role role, bool non_blocking) {
  if (used_ == kSpareSlot) return kNoSlot;
  slots_[static_cast<size_t>(used_)] = {.role = role, .open = true, .non_blocking = non_blocking};
  return used_++;
}

Role Builder::RoleOf(int8_t slot) const { return slots_[static_cast<size_t>(slot)].role; }

void Builder::Close(int8_t slot) { slots_[static_cast<size_t>(slot)].open = false; }

void Builder::Copy(int8_t from, int8_t to) {
  const Slot& source = slots_[static_cast<size_t>(from)];
  Slot& target = slots_[static_cast<size_t>(to)];
  if (!source.open || !target.open) return;
  target.role = source.role;
  target.non_blocking = source.non_blocking;
}

bool Builder::MayBlock(int8_t slot) const {
  return !slots_[static_cast<size_t>(slot)].non_blocking;
}

void Builder::SetNonBlocking(int8_t slot, bool on) {
  slots_[static_cast<size_t>(slot)].non_blocking = on;
}

void Builder::Connected(int8_t client, int8_t listener) {
  Slot& slot = slots_[static_cast<size_t>(listener)];
  if (slot.open) ++slot.waiting;
  slots_[static_cast<size_t>(client)].role = Role::kClient;
}

void Builder::Accepted(int8_t listener) {
  Slot& slot = slots_[static_cast<size_t>(listener)];
  slot.waiting = std::max(slot.waiting - 1, 0);
}

int Builder::Allowance(int8_t slot) {
  return std::max(kMostSent - slots_[static_cast<size_t>(slot)].sent, 0);
}

void Builder::Spend(int8_t slot, int bytes) { slots_[static_cast<size_t>(slot)].sent += bytes; }

Operation& Builder::Add(Code code) {
  program_.operations.push_back({.code = code});
  return program_.operations.back();
}

Operation& Builder::Add(Code code, int8_t slot) {
  Operation& operation = Add(code);
  operation.slot = slot;
  return operation;
}

}  // namespace hupstorm::conform
