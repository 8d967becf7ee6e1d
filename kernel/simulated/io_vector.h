// The caller's buffers of one call, one after the other, with a position.

#ifndef HUPSTORM_KERNEL_SIMULATED_IO_VECTOR_H_
#define HUPSTORM_KERNEL_SIMULATED_IO_VECTOR_H_

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

#include "kernel/user_memory.h"

namespace hupstorm::simulated {

class IoVector {
 public:
  // `parts` must outlive the vector; `total` is the sum of their lengths. kRead: the bytes are the
  // caller's to send.
  IoVector(const iovec* parts, size_t total, Access access)
      : part_(parts), left_(total), access_(access) {}

  size_t left() const { return left_; }

  // The next contiguous bytes, at most `most`, and not none while any are left.
  std::span<std::byte> Next(size_t most) {
    while (offset_ == part_->iov_len) {
      ++part_;
      offset_ = 0;
    }
    return {static_cast<std::byte*>(part_->iov_base) + offset_,
            std::min(most, part_->iov_len - offset_)};
  }
  // Whether the next `count` bytes (at most left()) can be touched. To be asked before a copy: it
  // is made whole, or fails with EFAULT.
  bool CanTouch(size_t count) const {
    size_t offset = offset_;
    for (const iovec* part = part_; count > 0; ++part, offset = 0) {
      const size_t size = std::min(count, part->iov_len - offset);
      const std::byte* const at = static_cast<std::byte*>(part->iov_base) + offset;
      if (Reach(at, size, access_) < size) return false;
      count -= size;
    }
    return true;
  }
  void Advance(size_t count) {
    offset_ += count;
    left_ -= count;
  }
  // Passes over the next `count` bytes, which must be left: visit(std::byte* piece, size_t size)
  // for each contiguous piece.
  template <typename Visit>
  void ForEachPiece(size_t count, Visit&& visit) {
    while (count > 0) {
      const std::span<std::byte> piece = Next(count);
      visit(piece.data(), piece.size());
      Advance(piece.size());
      count -= piece.size();
    }
  }
  // Copies an object's bytes to the buffers, or from them. False if they cannot be touched.
  template <typename T>
  bool Put(const T& object) {
    if (!CanTouch(sizeof object)) return false;
    const auto* from = reinterpret_cast<const std::byte*>(&object);
    ForEachPiece(sizeof object, [&](std::byte* to, size_t size) {
      std::memcpy(to, from, size);
      from += size;
    });
    return true;
  }
  template <typename T>
  bool Take(T* object) {
    if (!CanTouch(sizeof *object)) return false;
    auto* to = reinterpret_cast<std::byte*>(object);
    ForEachPiece(sizeof *object, [&](const std::byte* from, size_t size) {
      std::memcpy(to, from, size);
      to += size;
    });
    return true;
  }

 private:
  const iovec* part_;
  size_t offset_ = 0;
  size_t left_;
  Access access_;
};

// MAX_RW_COUNT: no call moves more.
inline constexpr size_t kMostMoved = 0x7ffff000;

// Checks what readv(2) and the like were given: -EINVAL, -EFAULT, or the sum of the lengths.
ssize_t TotalLength(const iovec* parts, int count);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_IO_VECTOR_H_
