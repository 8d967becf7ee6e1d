// The caller's buffers of one call, one after the other, with a position.

#ifndef HUPSTORM_KERNEL_SIMULATED_IO_VECTOR_H_
#define HUPSTORM_KERNEL_SIMULATED_IO_VECTOR_H_

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <span>

namespace hupstorm::simulated {

class IoVector {
 public:
  // `parts` must outlive the vector; `total` is the sum of their lengths.
  IoVector(const iovec* parts, size_t total) : part_(parts), left_(total) {}

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
  void Advance(size_t count) {
    offset_ += count;
    left_ -= count;
  }
  // Passes over bytes without touching them.
  void Skip(size_t count) {
    while (count > 0) {
      const size_t part = Next(count).size();
      Advance(part);
      count -= part;
    }
  }

 private:
  const iovec* part_;
  size_t offset_ = 0;
  size_t left_;
};

// Checks what readv(2) and the like were given: -EINVAL, -EFAULT, or the sum of the lengths.
ssize_t TotalLength(const iovec* parts, int count);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_IO_VECTOR_H_
