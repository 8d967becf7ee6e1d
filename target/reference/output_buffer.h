// Bytes on their way out: appended at the end, taken from the front.

#ifndef HUPSTORM_TARGET_REFERENCE_OUTPUT_BUFFER_H_
#define HUPSTORM_TARGET_REFERENCE_OUTPUT_BUFFER_H_

#include <cstddef>
#include <span>
#include <string>

namespace hupstorm {

// Holds no memory while it is empty, as nearly all connections are nearly all the time.
class OutputBuffer {
 public:
  std::span<const char> bytes() const { return std::span(bytes_).subspan(sent_); }
  size_t size() const { return bytes_.size() - sent_; }
  bool empty() const { return bytes_.empty(); }

  void Append(std::span<const char> bytes) {
    // Bytes are moved only if at least as many have left, so each is moved once on average.
    if (sent_ >= size()) {
      bytes_.erase(0, sent_);
      sent_ = 0;
    }
    bytes_.append(bytes.data(), bytes.size());
  }

  void RemoveFront(size_t count) {
    sent_ += count;
    if (sent_ < bytes_.size()) return;
    std::string().swap(bytes_);
    sent_ = 0;
  }

 private:
  std::string bytes_;
  size_t sent_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_OUTPUT_BUFFER_H_
