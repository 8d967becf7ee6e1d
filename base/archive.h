// Values as bytes, one after another, for processes that speak with each other. Both ends are of
// one build, so the format needs no version.
//
// What a structure holds is said once, for both directions:
//   void Fields(auto& archive, Either<Clients> auto& clients) {
//     archive(clients.letter, clients.first, clients.last);
//   }

#ifndef HUPSTORM_BASE_ARCHIVE_H_
#define HUPSTORM_BASE_ARCHIVE_H_

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

// A structure to be read, or a constant one to be written.
template <typename T, typename Structure>
concept Either = std::is_same_v<std::remove_const_t<T>, Structure>;

// Appends.
class Writer {
 public:
  template <typename... Values>
  void operator()(const Values&... values) {
    (Put(values), ...);
  }

  std::string bytes;

 private:
  void Put(const PlainValue auto& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void Put(const std::string& text) {
    Put(text.size());
    bytes += text;
  }
  template <typename Item>
  void Put(const std::vector<Item>& items) {
    Put(items.size());
    for (const Item& item : items) Put(item);
  }
  void Put(const auto& structure) { Fields(*this, structure); }
};

// Takes in the order of writing. Throws std::runtime_error if too little is left.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <typename... Values>
  void operator()(Values&... values) {
    (Get(values), ...);
  }
  // Throws if something is left.
  void NeedEnd() const {
    if (bytes_.empty()) return;
    throw std::runtime_error("more came from a process of ours than should");
  }

 private:
  void Get(PlainValue auto& value) {
    std::memcpy(static_cast<void*>(&value), Take(sizeof value).data(), sizeof value);
  }
  void Get(std::string& text) { text = Take(GetSize()); }
  template <typename Item>
  void Get(std::vector<Item>& items) {
    for (size_t left = GetSize(); left > 0; --left) Get(items.emplace_back());
  }
  void Get(auto& structure) { Fields(*this, structure); }

  size_t GetSize() {
    size_t size = 0;
    Get(size);
    return size;
  }

  std::string_view Take(size_t count) {
    if (count > bytes_.size())
      throw std::runtime_error("what came from a process of ours was cut short");
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  std::string_view bytes_;
};

std::string Encode(const auto& value) {
  Writer writer;
  writer(value);
  return std::move(writer.bytes);
}

// Throws std::runtime_error if `bytes` is not what encoding gives.
template <typename Value>
Value Decode(std::string_view bytes) {
  Reader reader(bytes);
  Value value;
  reader(value);
  reader.NeedEnd();
  return value;
}

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_ARCHIVE_H_
