#include "kernel/inside/program_heap.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <map>
#include <string_view>

#include "base/scoped_value.h"
#include "kernel/in_force.h"
#include "kernel/inside/harness_stack.h"
#include "kernel/next_symbol.h"

namespace hupstorm::inside {
namespace {

// The allocator that stands behind ours: libc's, or one that the program was linked with.
struct Allocator {
  decltype(&::malloc) malloc = nullptr;
  decltype(&::calloc) calloc = nullptr;
  decltype(&::realloc) realloc = nullptr;
  decltype(&::free) free = nullptr;
  decltype(&::memalign) memalign = nullptr;
  decltype(&::malloc_usable_size) usable_size = nullptr;
};
Allocator next;

// dlsym may allocate: from here, and nothing of it is given back.
alignas(std::max_align_t) char early_memory[16 * 1024];
size_t early_used = 0;

bool IsEarly(const void* block) {
  return block >= early_memory && block < early_memory + sizeof early_memory;
}

void* AllocateEarly(size_t size) {
  constexpr size_t kAlign = alignof(std::max_align_t);
  const size_t begin = early_used;
  if (size > sizeof early_memory - begin) abort();
  early_used += (size + kAlign - 1) / kAlign * kAlign;
  return early_memory + begin;
}

// False while it is being looked for.
bool HasNext() {
  static bool is_looking = false;
  if (next.malloc != nullptr) return true;
  if (is_looking) return false;
  is_looking = true;
  Allocator found;
  found.calloc = NextOf<decltype(::calloc)>("calloc");
  found.realloc = NextOf<decltype(::realloc)>("realloc");
  found.free = NextOf<decltype(::free)>("free");
  found.memalign = NextOf<decltype(::memalign)>("memalign");
  found.usable_size = NextOf<decltype(::malloc_usable_size)>("malloc_usable_size");
  found.malloc = NextOf<decltype(::malloc)>("malloc");
  next = found;
  return true;
}

HeapUse use;
std::array<int64_t, kHeapSizes> by_size = {};

void Count(int64_t size, int blocks) {
  use.bytes += size * blocks;
  use.blocks += blocks;
  by_size[HeapSizeOf(static_cast<size_t>(size))] += blocks;
}

int64_t SizeOf(void* block) { return static_cast<int64_t>(next.usable_size(block)); }

HeapListener* listening = nullptr;

template <typename Body>
void TellOfHeap(Body&& body) {
  const HarnessScope harness;
  OnHarnessStack(body);
}

// What libc allocates in a call of ours, as for a new thread, is not the program's.
void* CountIn(void* block) {
  if (block == nullptr || !in_force.in_server) return block;
  const auto size = SizeOf(block);
  Count(size, 1);
  if (listening != nullptr) {
    TellOfHeap([&] { listening->OnMade(block, static_cast<size_t>(size), nullptr); });
  }
  return block;
}

void CountOut(const void* block, int64_t size) {
  if (!in_force.in_server) return;
  Count(size, -1);
  if (listening != nullptr) TellOfHeap([&] { listening->OnFreed(block); });
}

// What the allocator behind maps is counted as the blocks that it is cut into.
bool in_allocator = false;

constexpr size_t kPage = 4096;

// What the program has mapped for itself, to write to: sizes by address.
class MappedMemory {
 public:
  void Add(void* address, size_t size) {
    Remove(address, size);
    size = InPages(size);
    ranges_.emplace(reinterpret_cast<uintptr_t>(address), size);
    Count(static_cast<int64_t>(size), 1);
  }

  void Remove(void* address, size_t size) {
    const auto begin = reinterpret_cast<uintptr_t>(address);
    const uintptr_t end = begin + InPages(size);
    auto range = ranges_.upper_bound(begin);
    if (range != ranges_.begin()) --range;
    while (range != ranges_.end() && range->first < end) {
      const auto [first, length] = *range;
      if (first + length <= begin) {
        ++range;
        continue;
      }
      range = ranges_.erase(range);
      Count(static_cast<int64_t>(length), -1);
      if (first < begin) Keep(first, begin - first);
      if (first + length > end) Keep(end, first + length - end);
    }
  }

  bool Has(void* address) const { return ranges_.contains(reinterpret_cast<uintptr_t>(address)); }

 private:
  static size_t InPages(size_t size) { return (size + kPage - 1) / kPage * kPage; }

  void Keep(uintptr_t first, size_t length) {
    ranges_.emplace(first, length);
    Count(static_cast<int64_t>(length), 1);
  }

  std::map<uintptr_t, size_t> ranges_;
};

MappedMemory& Mapped() {
  static auto* const mapped = new MappedMemory;  // the program's last calls come after all ends
  return *mapped;
}

bool IsProgramsOwn() { return in_force.in_server && !in_allocator; }

}  // namespace

HeapUse ProgramHeap() { return use; }
void SetHeapListener(HeapListener* listener) { listening = listener; }
const std::array<int64_t, kHeapSizes>& ProgramBlocksBySize() { return by_size; }

bool CollectsGarbage() {
  // Exported by an executable that is such a runtime.
  for (const char* const name :
       {"Py_Initialize", "napi_create_object", "JNI_CreateJavaVM", "ruby_init", "GC_malloc"}) {
    if (dlsym(RTLD_DEFAULT, name) != nullptr) return true;
  }
  const auto is_runtime = [](dl_phdr_info* info, size_t, void*) {
    const std::string_view path = info->dlpi_name;
    const std::string_view name = path.substr(path.rfind('/') + 1);
    constexpr std::string_view kRuntimes[] = {"libpython", "libnode.",   "libjvm.", "libruby",
                                              "libmono",   "libcoreclr", "libgc.",  "libguile",
                                              "libphp",    "libluajit",  "libgo.",  "libmozjs"};
    return std::any_of(std::begin(kRuntimes), std::end(kRuntimes),
                       [&](std::string_view runtime) { return name.starts_with(runtime); })
               ? 1
               : 0;
  };
  return dl_iterate_phdr(is_runtime, nullptr) != 0;
}

}  // namespace hupstorm::inside

using namespace hupstorm;          // NOLINT: every line below is this library's
using namespace hupstorm::inside;  // NOLINT

extern "C" {

void* malloc(size_t size) noexcept {
  if (!HasNext()) return AllocateEarly(size);
  const ScopedValue in(in_allocator, true);
  return CountIn(next.malloc(size));
}

void* calloc(size_t count, size_t size) noexcept {
  if (!HasNext()) return AllocateEarly(count * size);
  const ScopedValue in(in_allocator, true);
  return CountIn(next.calloc(count, size));
}

void free(void* block) noexcept {
  if (block == nullptr || IsEarly(block) || !HasNext()) return;
  const ScopedValue in(in_allocator, true);
  CountOut(block, SizeOf(block));
  next.free(block);
}

void* realloc(void* block, size_t size) noexcept {
  if (block == nullptr) return malloc(size);
  if (IsEarly(block) || !HasNext()) {
    void* const moved = malloc(size);
    const auto left = static_cast<size_t>(std::end(early_memory) - static_cast<char*>(block));
    if (moved != nullptr) memcpy(moved, block, std::min(size, left));
    return moved;
  }
  const ScopedValue in(in_allocator, true);
  const int64_t former = SizeOf(block);
  void* const moved = next.realloc(block, size);
  if (moved == nullptr && size != 0) return nullptr;  // the former is still there
  CountOut(block, former);
  return CountIn(moved);
}

void* reallocarray(void* block, size_t count, size_t size) noexcept {
  size_t all;
  if (__builtin_mul_overflow(count, size, &all)) {
    errno = ENOMEM;
    return nullptr;
  }
  return realloc(block, all);
}

void* memalign(size_t alignment, size_t size) noexcept {
  if (!HasNext()) return nullptr;
  const ScopedValue in(in_allocator, true);
  return CountIn(next.memalign(alignment, size));
}

void* aligned_alloc(size_t alignment, size_t size) noexcept { return memalign(alignment, size); }

int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  const bool is_power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
  if (!is_power_of_two || alignment % sizeof(void*) != 0) return EINVAL;
  const int error = errno;
  void* const memory = memalign(alignment, size);
  errno = error;
  if (memory == nullptr) return ENOMEM;
  *block = memory;
  return 0;
}

void* valloc(size_t size) noexcept { return memalign(kPage, size); }
void* pvalloc(size_t size) noexcept { return valloc((size + kPage - 1) / kPage * kPage); }

void* mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  const long made = syscall(SYS_mmap, address, size, protection, flags, fd, offset);
  if (made == -1) return MAP_FAILED;
  void* const memory = reinterpret_cast<void*>(made);
  if (IsProgramsOwn()) {
    const bool is_heap = (flags & MAP_ANONYMOUS) != 0 && (flags & MAP_PRIVATE) != 0 &&
                         (protection & PROT_WRITE) != 0 && (protection & PROT_EXEC) == 0;
    if (is_heap) {
      Mapped().Add(memory, size);
    } else {
      Mapped().Remove(memory, size);
    }
  }
  return memory;
}
void* mmap64(void* address, size_t size, int protection, int flags, int fd,
             off64_t offset) noexcept {
  return mmap(address, size, protection, flags, fd, offset);
}

int munmap(void* address, size_t size) noexcept {
  const long result = syscall(SYS_munmap, address, size);
  if (result == 0 && IsProgramsOwn()) Mapped().Remove(address, size);
  return static_cast<int>(result);
}

void* mremap(void* address, size_t former, size_t size, int flags, ...) noexcept {
  va_list more;
  va_start(more, flags);
  void* const wanted = (flags & MREMAP_FIXED) != 0 ? va_arg(more, void*) : nullptr;
  va_end(more);
  const long made = syscall(SYS_mremap, address, former, size, flags, wanted);
  if (made == -1) return MAP_FAILED;
  void* const memory = reinterpret_cast<void*>(made);
  if (IsProgramsOwn() && Mapped().Has(address)) {
    Mapped().Remove(address, former);
    Mapped().Add(memory, size);
  }
  return memory;
}

}  // extern "C"
