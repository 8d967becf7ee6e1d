#include "kernel/simulated/byte_queue.h"

#include <algorithm>
#include <cstring>

namespace hupstorm::simulated {
namespace {

constexpr uint32_t kWellFilled = Chunk::kCapacity / 4;

}  // namespace

void ByteQueue::Link(Chunk* chunk) {
  (first_ == nullptr ? first_ : last_->next) = chunk;
  last_ = chunk;
  size_ += chunk->size();
}

Chunk* ByteQueue::UnlinkFirst() {
  Chunk* chunk = first_;
  size_ -= chunk->size();
  first_ = chunk->next;
  if (first_ == nullptr) last_ = nullptr;
  chunk->next = nullptr;
  return chunk;
}

void ByteQueue::Append(ChunkPool& pool, const std::byte* bytes, size_t count) {
  while (count > 0) {
    if (last_ == nullptr || last_->end == Chunk::kCapacity) Link(pool.New());
    const auto part = static_cast<uint32_t>(std::min<size_t>(count, Chunk::kCapacity - last_->end));
    std::memcpy(last_->bytes + last_->end, bytes, part);
    last_->end += part;
    size_ += part;
    bytes += part;
    count -= part;
  }
}

void ByteQueue::CopyOut(size_t offset, std::byte* bytes, size_t count) const {
  for (const Chunk* chunk = first_; count > 0; chunk = chunk->next) {
    if (offset >= chunk->size()) {
      offset -= chunk->size();
      continue;
    }
    const size_t part = std::min<size_t>(count, chunk->size() - offset);
    std::memcpy(bytes, chunk->bytes + chunk->begin + offset, part);
    offset = 0;
    bytes += part;
    count -= part;
  }
}

void ByteQueue::Take(ChunkPool& pool, std::byte* bytes, size_t count) {
  while (count > 0) {
    const auto part = static_cast<uint32_t>(std::min<size_t>(count, first_->size()));
    if (bytes != nullptr) {
      std::memcpy(bytes, first_->bytes + first_->begin, part);
      bytes += part;
    }
    count -= part;
    if (part == first_->size()) {
      pool.Delete(UnlinkFirst());
    } else {
      first_->begin += part;
      size_ -= part;
    }
  }
}

void ByteQueue::MoveTo(ChunkPool& pool, ByteQueue& to, size_t count) {
  while (count > 0) {
    const size_t part = std::min<size_t>(count, first_->size());
    count -= part;
    if (part == first_->size() && part >= kWellFilled) {
      to.Link(UnlinkFirst());
    } else {
      to.Append(pool, first_->bytes + first_->begin, part);
      Take(pool, nullptr, part);
    }
  }
}

std::span<const std::byte> ByteQueue::Front() const {
  if (size_ == 0) return {};
  return {first_->bytes + first_->begin, first_->size()};
}

}  // namespace hupstorm::simulated
