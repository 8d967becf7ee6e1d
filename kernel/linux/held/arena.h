// Memory that two processes share at the same address, handed out from the bottom up.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_ARENA_H_
#define HUPSTORM_KERNEL_LINUX_HELD_ARENA_H_

#include <cstddef>
#include <cstdint>

namespace hupstorm::held {

// Hands out a range of memory like a stack. Each of the two processes has its own range to hand out
// from, and reads the other's.
class Arena {
 public:
  static constexpr size_t kAlignment = 16;

  Arena(std::byte* begin, size_t size) : top_(begin), end_(begin + size) {}

  // Null where there is no room.
  void* Take(size_t size) {
    const size_t whole = (size + kAlignment - 1) / kAlignment * kAlignment;
    if (whole < size || whole > room()) return nullptr;
    std::byte* const taken = top_;
    top_ += whole;
    return taken;
  }
  size_t room() const { return static_cast<size_t>(end_ - top_); }

  std::byte* top() const { return top_; }
  // Gives back all that was taken since `top()` was this.
  void GiveBack(std::byte* top) { top_ = top; }

 private:
  std::byte* top_;
  std::byte* end_;
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_ARENA_H_
