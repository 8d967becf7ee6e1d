// Strong definitions of malloc and its kin over glibc's own, which count what the server holds.
//
// A block of the server is asked for 16 bytes larger, and its last 16 usable bytes hold a tag: the
// size that was asked for, and the block's own address mixed with the counter's generation. Whoever
// frees the block finds the tag there, takes the block off the count and wipes the tag; no other
// block has it, since no memory is given back with a tag in place. So ownership needs no table and
// no lock, and a block of the harness costs one look at its last word when it is freed.
//
// What counts is the size that was asked for. The usable size also depends on the holes that glibc
// had at hand, so on all that this process has done before: the same run would measure differently.
//
// Nothing here allocates, and the thread-local state is initial-exec, so these work from the first
// call of the dynamic linker on. A server that fills its blocks up to malloc_usable_size wipes the
// tags and is not measured.

#include "kernel/sanitizers.h"

#if !HUPSTORM_SANITIZER_OWNS_HEAP

#include <errno.h>
#include <malloc.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "kernel/heap/heap_meter.h"
#include "kernel/in_force.h"

// glibc's allocator under the names that it exports for this use.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* block);
}

namespace {

using hupstorm::HarnessScope;
using hupstorm::heap_counter;
using hupstorm::in_force;

constexpr uint64_t kMagic = 0x9d5f3b71;

struct Tag {
  uint64_t size;  // that the server asked for
  uint64_t mark;
};
constexpr size_t kTagBytes = sizeof(Tag);

uint64_t Mark(const void* block, uint32_t generation) {
  return reinterpret_cast<uintptr_t>(block) ^ (kMagic << 32 | generation);
}

bool IsServers() { return in_force.in_server; }

// Too large to be extended by a tag: glibc refuses it anyway, and sets errno.
bool IsHuge(size_t size) { return size > PTRDIFF_MAX - kTagBytes; }

// malloc_usable_size without a call into another library, twice in the life of a block: glibc's
// size lies before the block, with flags in its low bits, 2 for a block mapped on its own
// (malloc.c).
size_t UsableSize(const void* block) {
  size_t header;
  memcpy(&header, static_cast<const char*>(block) - sizeof(header), sizeof(header));
  return (header & ~size_t{7}) - ((header & 2) != 0 ? 16 : 8);
}

// A glibc that keeps it elsewhere must not get as far as main.
[[gnu::constructor]] void CheckUsableSize() {
  for (const size_t size : {size_t{1}, size_t{1000}, size_t{8} << 20}) {
    void* const block = __libc_malloc(size);
    if (block != nullptr && UsableSize(block) != malloc_usable_size(block)) abort();
    __libc_free(block);
  }
}

// The end of the block. glibc's smallest has 24 usable bytes.
char* PlaceOfTag(void* block) { return static_cast<char*>(block) + UsableSize(block) - kTagBytes; }

[[gnu::cold, gnu::noinline]] void TellMade(const void* block, size_t size, const void* inner) {
  const HarnessScope harness;
  heap_counter.listener->OnMade(block, size, inner);
}
[[gnu::cold, gnu::noinline]] void TellFreed(const void* block) {
  const HarnessScope harness;
  heap_counter.listener->OnFreed(block);
}

// Counts a new block in and tags it. Always inlined: the tag is in the frame of malloc or its kin.
[[gnu::always_inline]] inline void* Adopt(void* block, size_t size) {
  if (block == nullptr) return nullptr;
  const Tag tag = {size, Mark(block, heap_counter.generation)};
  memcpy(PlaceOfTag(block), &tag, kTagBytes);
  heap_counter.Add(static_cast<int64_t>(size));
  if (heap_counter.listener != nullptr) [[unlikely]]
    TellMade(block, size, &tag);
  return block;
}

// Counts a block out and wipes its tag. False for a block that was never the server's.
bool Disown(void* block, uint64_t* size = nullptr) {
  char* const place = PlaceOfTag(block);
  Tag tag;
  memcpy(&tag.mark, place + offsetof(Tag, mark), sizeof tag.mark);
  const uint64_t decoded = tag.mark ^ reinterpret_cast<uintptr_t>(block);
  if (decoded >> 32 != kMagic) return false;
  memcpy(&tag.size, place, sizeof tag.size);
  memset(place, 0, kTagBytes);
  heap_counter.Remove(static_cast<int64_t>(tag.size), static_cast<uint32_t>(decoded));
  if (heap_counter.listener != nullptr) [[unlikely]]
    TellFreed(block);
  if (size != nullptr) *size = tag.size;
  return true;
}

}  // namespace

extern "C" {

void* malloc(size_t size) noexcept {
  if (!IsServers() || IsHuge(size)) return __libc_malloc(size);
  return Adopt(__libc_malloc(size + kTagBytes), size);
}

void free(void* block) noexcept {
  if (block == nullptr) return;
  Disown(block);
  __libc_free(block);
}

void* calloc(size_t count, size_t size) noexcept {
  size_t bytes;
  if (!IsServers() || __builtin_mul_overflow(count, size, &bytes) || IsHuge(bytes)) {
    return __libc_calloc(count, size);
  }
  return Adopt(__libc_calloc(1, bytes + kTagBytes), bytes);
}

void* realloc(void* block, size_t size) noexcept {
  if (block == nullptr) return malloc(size);
  if (size == 0) {  // as glibc does
    free(block);
    return nullptr;
  }
  uint64_t former_size = 0;
  const bool was_servers = Disown(block, &former_size);
  const bool tagged = IsServers() && !IsHuge(size);
  void* const moved = __libc_realloc(block, tagged ? size + kTagBytes : size);
  if (moved == nullptr) {  // the old block is still there
    if (was_servers) Adopt(block, former_size);
    return nullptr;
  }
  return tagged ? Adopt(moved, size) : moved;
}

void* reallocarray(void* block, size_t count, size_t size) noexcept {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return realloc(block, bytes);
}

void* memalign(size_t alignment, size_t size) noexcept {
  if (!IsServers() || IsHuge(size)) return __libc_memalign(alignment, size);
  return Adopt(__libc_memalign(alignment, size + kTagBytes), size);
}

void* aligned_alloc(size_t alignment, size_t size) noexcept { return memalign(alignment, size); }

// Returns the error; errno and `*block` keep their values if it fails.
int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  if (alignment < sizeof(void*) || (alignment & (alignment - 1)) != 0) return EINVAL;
  const int former_errno = errno;
  void* const allocated = memalign(alignment, size);
  errno = former_errno;
  if (allocated == nullptr) return ENOMEM;
  *block = allocated;
  return 0;
}

void* valloc(size_t size) noexcept {
  return memalign(static_cast<size_t>(sysconf(_SC_PAGESIZE)), size);
}

void* pvalloc(size_t size) noexcept {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return memalign(page, size > PTRDIFF_MAX - page ? size : (size + page - 1) / page * page);
}

}  // extern "C"

#endif  // !HUPSTORM_SANITIZER_OWNS_HEAP
