// What a call's addresses lead to, as far as it can be touched. Addresses are the server's own and
// may be wrong: Linux answers EFAULT, and so does whatever looks at them in Linux's place.

#ifndef HUPSTORM_KERNEL_USER_MEMORY_H_
#define HUPSTORM_KERNEL_USER_MEMORY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace hupstorm {

enum class Access : uint8_t { kRead, kWrite };

namespace internal {

inline constexpr unsigned kPageBits = 12;
inline constexpr size_t kKnownPages = 1024;
// Pages that were found to be there, by their number: the number plus one, and whether it can be
// written. Linux is asked about a page once, as that costs as much as a hundred simulated calls. So
// a page that the server unmaps later is taken to be there still.
extern std::atomic<uint64_t> known_pages[kKnownPages];

// Asks Linux. A byte at `address` that may be written is written back as it is.
bool ProbePage(uintptr_t address, Access access);

inline bool HasPage(uintptr_t address, Access access) {
  const uint64_t page = address >> kPageBits;
  const uint64_t known = known_pages[page % kKnownPages].load(std::memory_order_relaxed);
  const uint64_t reads = access == Access::kRead ? 1 : 0;
  if ((known | reads) == ((page + 1) << 1 | 1)) [[likely]]
    return true;
  return ProbePage(address, access);
}

}  // namespace internal

// How many of `size` bytes from `memory` on can be touched.
inline size_t Reach(const void* memory, size_t size, Access access) {
  constexpr size_t kPage = size_t{1} << internal::kPageBits;
  const auto address = reinterpret_cast<uintptr_t>(memory);
  for (size_t reached = 0; reached < size;) {
    if (!internal::HasPage(address + reached, access)) return reached;
    reached += kPage - (address + reached) % kPage;
  }
  return size;
}

inline bool CanRead(const void* memory, size_t size) {
  return Reach(memory, size, Access::kRead) == size;
}
inline bool CanWrite(const void* memory, size_t size) {
  return Reach(memory, size, Access::kWrite) == size;
}

// Linux's access_ok: an address that could be the program's at all. Most calls look at this first,
// and touch the memory when there is something to copy.
inline bool IsUserRange(const void* memory, size_t size) {
  constexpr uintptr_t kEnd = (uintptr_t{1} << 47) - 4096;  // TASK_SIZE_MAX
  const auto address = reinterpret_cast<uintptr_t>(memory);
  return size < kEnd && address <= kEnd - size;
}

// Copies an object from the program, or to it. False if its memory cannot be touched.
template <typename T>
bool CopyIn(T* to, const void* from) {
  if (!CanRead(from, sizeof(T))) return false;
  std::memcpy(to, from, sizeof(T));
  return true;
}
template <typename T>
bool CopyOut(void* to, const T& value) {
  if (!CanWrite(to, sizeof(T))) return false;
  std::memcpy(to, &value, sizeof(T));
  return true;
}

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_USER_MEMORY_H_
