#include "kernel/simulated/descriptor_table.h"

#include <algorithm>
#include <bit>

namespace hupstorm::simulated {

DescriptorTable::DescriptorTable() { Grow(63); }

void DescriptorTable::Grow(size_t index) {
  size_t size = std::bit_ceil(index + 1);
  slots_.resize(size);
  for (std::vector<uint64_t>& level : full_) {
    size = (size + 63) / 64;
    level.resize(size);
  }
}

size_t DescriptorTable::FreeFrom(size_t index) const {
  // Climb to the first level that has a free bit at or after the position, then go down again.
  size_t position = index;
  int level = 0;
  for (; level < kLevels; ++level) {
    const size_t word = position / 64;
    if (word >= full_[level].size()) break;
    const uint64_t free = ~full_[level][word] & (~uint64_t{0} << (position % 64));
    if (free != 0) {
      position = word * 64 + static_cast<size_t>(std::countr_zero(free));
      break;
    }
    position = word + 1;
  }
  for (; level > 0; --level) {
    const std::vector<uint64_t>& below = full_[level - 1];
    const uint64_t free = position < below.size() ? ~below[position] : ~uint64_t{0};
    position = position * 64 + static_cast<size_t>(std::countr_zero(free));
  }
  return position;
}

void DescriptorTable::Install(int fd, Object* object, bool close_on_exec) {
  const auto index = static_cast<size_t>(fd - kFirst);
  if (index >= slots_.size()) Grow(index);
  slots_[index] = {.object = object, .close_on_exec = close_on_exec};
  ++object->references;
  ++open_;
  high_water_ = std::max(high_water_, fd - kFirst + 1);
  size_t position = index;
  for (std::vector<uint64_t>& level : full_) {
    uint64_t& word = level[position / 64];
    word |= uint64_t{1} << (position % 64);
    if (word != ~uint64_t{0}) break;
    position /= 64;
  }
  if (index == first_free_) first_free_ = FreeFrom(index + 1);
}

Object* DescriptorTable::Remove(int fd) {
  size_t position = static_cast<size_t>(fd - kFirst);
  Object* object = slots_[position].object;
  slots_[position].object = nullptr;
  --open_;
  first_free_ = std::min(first_free_, position);
  for (std::vector<uint64_t>& level : full_) {
    uint64_t& word = level[position / 64];
    const bool was_full = word == ~uint64_t{0};
    word &= ~(uint64_t{1} << (position % 64));
    if (!was_full) break;
    position /= 64;
  }
  return object;
}

void DescriptorTable::Clear() {
  std::fill_n(slots_.begin(), high_water_, Slot{});
  size_t used = static_cast<size_t>(high_water_);
  for (std::vector<uint64_t>& level : full_) {
    used = (used + 63) / 64;
    std::fill_n(level.begin(), used, uint64_t{0});
  }
  open_ = 0;
  first_free_ = 0;
  high_water_ = 0;
}

}  // namespace hupstorm::simulated
