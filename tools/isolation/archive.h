// Values as bytes, one after another, for the pipe between a worker process and its parent.

#ifndef HUPSTORM_TOOLS_ISOLATION_ARCHIVE_H_
#define HUPSTORM_TOOLS_ISOLATION_ARCHIVE_H_

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace hupstorm {

// What is the same bytes in both processes: numbers and structures of numbers.
template <typename T>
concept PlainValue = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>;

// Appends.
class Writer {
 public:
  template <PlainValue Value>
  void Field(const Value& value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes.append(raw, sizeof raw);
  }
  void Field(const std::string& text) {
    Field(static_cast<uint64_t>(text.size()));
    bytes += text;
  }
  template <PlainValue Value>
  void Field(const std::vector<Value>& values) {
    Field(static_cast<uint64_t>(values.size()));
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value));
  }

  std::string bytes;
};

// Takes in the order in which was written. Throws std::runtime_error where too little is left.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <PlainValue Value>
  void Field(Value& value) {
    std::memcpy(&value, Take(sizeof value).data(), sizeof value);
  }
  void Field(std::string& text) {
    uint64_t size = 0;
    Field(size);
    text = Take(size);
  }
  template <PlainValue Value>
  void Field(std::vector<Value>& values) {
    uint64_t count = 0;
    Field(count);
    const std::string_view raw = Take(count * sizeof(Value));
    values.resize(count);
    if (count > 0) std::memcpy(static_cast<void*>(values.data()), raw.data(), raw.size());
  }
  // Throws where something is left.
  void NeedEnd() const {
    if (bytes_.empty()) return;
    throw std::runtime_error("more came through a worker's pipe than should");
  }

 private:
  std::string_view Take(uint64_t count) {
    if (count > bytes_.size())
      throw std::runtime_error("what came through a worker's pipe was cut short");
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  std::string_view bytes_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_ARCHIVE_H_
