// Memory that a process shares with the children that it forks from then on.

#ifndef HUPSTORM_TOOLS_ISOLATION_SHARED_ARRAY_H_
#define HUPSTORM_TOOLS_ISOLATION_SHARED_ARRAY_H_

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "tools/cli/errors.h"

namespace hupstorm {

template <typename T>
requires std::is_trivially_copyable_v<T>
class SharedArray {
 public:
  // All zero bytes. Throws FailedError.
  explicit SharedArray(size_t count) : bytes_(std::max<size_t>(count, 1) * sizeof(T)) {
    void* const memory =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      throw FailedError(fmt::format("cannot share memory: {}", std::strerror(errno)));
    }
    items_ = static_cast<T*>(memory);
  }
  ~SharedArray() { munmap(items_, bytes_); }
  SharedArray(const SharedArray&) = delete;
  SharedArray& operator=(const SharedArray&) = delete;

  T& operator[](size_t index) { return items_[index]; }

 private:
  size_t bytes_;
  T* items_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_SHARED_ARRAY_H_
