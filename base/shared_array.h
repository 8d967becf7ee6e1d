// Memory that a process shares with the children that it forks from then on.

#ifndef HUPSTORM_BASE_SHARED_ARRAY_H_
#define HUPSTORM_BASE_SHARED_ARRAY_H_

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>

#include "base/system_error.h"

namespace hupstorm {

// `T`: what all zero bytes are a value of, and that needs no destructor.
template <typename T>
class SharedArray {
 public:
  // All zero bytes. Throws std::system_error.
  explicit SharedArray(size_t count = 1) : bytes_(std::max<size_t>(count, 1) * sizeof(T)) {
    void* const memory =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) ThrowSystemError("cannot share memory");
    items_ = static_cast<T*>(memory);
  }
  ~SharedArray() { munmap(items_, bytes_); }
  SharedArray(const SharedArray&) = delete;
  SharedArray& operator=(const SharedArray&) = delete;

  T& operator[](size_t index) const { return items_[index]; }
  T* operator->() const { return items_; }  // the first
  T& operator*() const { return *items_; }

 private:
  size_t bytes_;
  T* items_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_SHARED_ARRAY_H_
