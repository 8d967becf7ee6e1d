#include "kernel/linux/held/notes.h"

#include <cstring>

namespace hupstorm::held {

const SystemCall* Notes::Take() {
  if (taken_ < count_) return &notes_[taken_++];
  count_ = taken_ = 0;
  text_size_ = 0;
  return nullptr;
}

void Notes::Clear() {
  freedom_ = {};
  count_ = taken_ = 0;
  text_size_ = 0;
}

const std::byte* Notes::Keep(const void* bytes, size_t size) {
  std::byte* const copy = text_.data() + text_size_;
  std::memcpy(copy, bytes, size);
  text_size_ += size;
  return copy;
}

}  // namespace hupstorm::held
