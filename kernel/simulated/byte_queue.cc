#include "kernel/simulated/byte_queue.h"

#include <algorithm>
#include <cstring>

namespace hupstorm::simulated {

void ByteQueue::Append(ChunkPool& pool, const std::byte* bytes, size_t count) {
  while (count > 0) {
    if (last_ == nullptr || end_ == Chunk::kCapacity) {
      Chunk* chunk = pool.New();
      if (last_ == nullptr) {
        first_ = chunk;
        begin_ = 0;
      } else {
        last_->next = chunk;
      }
      last_ = chunk;
      end_ = 0;
    }
    const size_t part = std::min<size_t>(count, Chunk::kCapacity - end_);
    std::memcpy(last_->bytes + end_, bytes, part);
    end_ += part;
    size_ += part;
    bytes += part;
    count -= part;
  }
}

void ByteQueue::CopyOut(size_t offset, std::byte* bytes, size_t count) const {
  const Chunk* chunk = first_;
  size_t begin = begin_ + offset;
  while (count > 0) {
    while (begin >= Chunk::kCapacity) {
      begin -= Chunk::kCapacity;
      chunk = chunk->next;
    }
    const size_t part = std::min<size_t>(count, Chunk::kCapacity - begin);
    std::memcpy(bytes, chunk->bytes + begin, part);
    bytes += part;
    begin += part;
    count -= part;
  }
}

void ByteQueue::Take(ChunkPool& pool, std::byte* bytes, size_t count) {
  size_ -= count;
  while (count > 0) {
    const size_t part = std::min<size_t>(count, InFirst());
    if (bytes != nullptr) {
      std::memcpy(bytes, first_->bytes + begin_, part);
      bytes += part;
    }
    begin_ += part;
    count -= part;
    if (InFirst() == 0) {
      Chunk* emptied = first_;
      first_ = emptied->next;
      begin_ = 0;
      if (first_ == nullptr) last_ = nullptr;
      pool.Delete(emptied);
    }
  }
}

void ByteQueue::MoveTo(ChunkPool& pool, ByteQueue& to, size_t count) {
  while (count > 0) {
    const size_t part = std::min<size_t>(count, InFirst());
    to.Append(pool, first_->bytes + begin_, part);
    Take(pool, nullptr, part);
    count -= part;
  }
}

std::span<const std::byte> ByteQueue::Front() const {
  if (size_ == 0) return {};
  return {first_->bytes + begin_, InFirst()};
}

}  // namespace hupstorm::simulated
