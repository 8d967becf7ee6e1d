// The server's descriptors from kFirstDescriptor up: which object each refers to. The lowest free
// number is found in constant time.

#ifndef HUPSTORM_KERNEL_SIMULATED_DESCRIPTOR_TABLE_H_
#define HUPSTORM_KERNEL_SIMULATED_DESCRIPTOR_TABLE_H_

#include <array>
#include <cstdint>
#include <vector>

#include "kernel/simulated/object.h"

namespace hupstorm::simulated {

class DescriptorTable {
 public:
  static constexpr int kFirst = 256;

  DescriptorTable();

  // The object behind `fd`, null if `fd` is not open or not in the window.
  Object* Get(int fd) const {
    const unsigned index = static_cast<unsigned>(fd) - kFirst;
    return index < slots_.size() ? slots_[index].object : nullptr;
  }

  // The lowest free number; -1 if the limit forbids it.
  int LowestFree() const { return WithinLimit(first_free_); }
  // The lowest free number that is at least `from`; -1 if the limit forbids it.
  int LowestFree(int from) const {
    return WithinLimit(FreeFrom(static_cast<size_t>(from < kFirst ? 0 : from - kFirst)));
  }
  // `fd` must be free and below the limit.
  void Install(int fd, Object* object, bool close_on_exec);
  // `fd` must be open. Returns the object, whose references the caller settles.
  Object* Remove(int fd);

  bool close_on_exec(int fd) const { return slots_[fd - kFirst].close_on_exec; }
  void set_close_on_exec(int fd, bool on) { slots_[fd - kFirst].close_on_exec = on; }

  // RLIMIT_NOFILE, counted from kFirst.
  int limit() const { return limit_; }
  void set_limit(int limit) { limit_ = limit < 0 ? 0 : (limit < kMost ? limit : kMost); }

  int open_count() const { return open_; }
  // One past the highest number in use since Clear.
  int end() const { return kFirst + high_water_; }
  // Forgets all descriptors, in time proportional to the highest that was used.
  void Clear();

 private:
  static constexpr int kMost = 64 * 64 * 64 * 64;
  static constexpr int kLevels = 4;

  struct Slot {
    Object* object = nullptr;
    bool close_on_exec = false;
  };

  int WithinLimit(size_t index) const {
    return index < static_cast<size_t>(limit_) ? kFirst + static_cast<int>(index) : -1;
  }
  size_t FreeFrom(size_t index) const;  // the lowest that is free and not below `index`
  void Grow(size_t index);

  std::vector<Slot> slots_;
  // full_[0]: a bit a descriptor, set if it is open; full_[n]: a bit a word of full_[n - 1], set
  // if all of it is. Words beyond the end count as empty.
  std::array<std::vector<uint64_t>, kLevels> full_;
  size_t first_free_ = 0;  // the lowest index that is free
  int limit_ = kMost;
  int open_ = 0;
  int high_water_ = 0;
};

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_DESCRIPTOR_TABLE_H_
