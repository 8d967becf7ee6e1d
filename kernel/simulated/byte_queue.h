// A queue of bytes in chunks that come from a pool and go back to it as they empty: a queue that
// holds nothing owns nothing.

#ifndef HUPSTORM_KERNEL_SIMULATED_BYTE_QUEUE_H_
#define HUPSTORM_KERNEL_SIMULATED_BYTE_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel/simulated/slab.h"

namespace hupstorm::simulated {

struct Chunk {
  static constexpr uint32_t kCapacity = 8192 - 16;
  Chunk() {}  // leaves the bytes as they are
  uint32_t size() const { return end - begin; }

  Chunk* next = nullptr;
  uint32_t begin = 0;  // what is filled of `bytes`
  uint32_t end = 0;
  std::byte bytes[kCapacity];
};
using ChunkPool = Slab<Chunk, 16>;

class ByteQueue {
 public:
  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void Append(ChunkPool& pool, const std::byte* bytes, size_t count);
  // Copies `count` bytes from `offset` on; both must lie within the queue.
  void CopyOut(size_t offset, std::byte* bytes, size_t count) const;
  // Takes away the first `count` bytes (at most size()), copying them to `bytes` unless it is null.
  void Take(ChunkPool& pool, std::byte* bytes, size_t count);
  // Moves the first `count` bytes (at most size()) to the end of `to`: whole chunks where they are
  // well filled.
  void MoveTo(ChunkPool& pool, ByteQueue& to, size_t count);
  void Clear(ChunkPool& pool) { Take(pool, nullptr, size_); }
  // The first bytes, as far as they are contiguous.
  std::span<const std::byte> Front() const;

 private:
  void Link(Chunk* chunk);  // at the end
  Chunk* UnlinkFirst();

  Chunk* first_ = nullptr;  // each chunk holds something
  Chunk* last_ = nullptr;
  uint32_t size_ = 0;
};

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_BYTE_QUEUE_H_
