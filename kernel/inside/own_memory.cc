// The memory of the library that goes into somebody else's program: C++'s own operators, on pages
// of its own. The program's malloc may be any, may be in the middle of an allocation when it makes
// a call, and is what is measured. And what the harness writes lies together, so that few pages
// have to be copied in a process that was forked for one scenario.

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

// Blocks of powers of two, from 32 bytes up; free ones in a list for each size. What is larger than
// a slab is mapped by itself. Before each block is the number of its size.
constexpr size_t kHeader = alignof(std::max_align_t);
constexpr unsigned kSmallest = 5;
constexpr unsigned kLargest = 20;
constexpr size_t kSlab = size_t{1} << kLargest;

struct FreeBlock {
  FreeBlock* next;
};
FreeBlock* free_blocks[kLargest + 1] = {};
char* slab = nullptr;
size_t slab_left = 0;

char* MapPages(size_t bytes) {
  const long memory = syscall(SYS_mmap, nullptr, bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);
  if (memory == -1) std::abort();
  return reinterpret_cast<char*>(memory);
}

size_t& HeaderOf(void* block) {
  return *reinterpret_cast<size_t*>(static_cast<char*>(block) - kHeader);
}

void* Allocate(size_t size) {
  const size_t bytes = size + kHeader;
  if (bytes > kSlab) {
    char* const memory = MapPages(bytes);
    *reinterpret_cast<size_t*>(memory) = bytes;
    return memory + kHeader;
  }
  const unsigned number =
      bytes <= (1u << kSmallest) ? kSmallest : static_cast<unsigned>(std::bit_width(bytes - 1));
  char* memory = reinterpret_cast<char*>(free_blocks[number]);
  if (memory != nullptr) {
    free_blocks[number] = free_blocks[number]->next;
  } else {
    const size_t block = size_t{1} << number;
    if (slab_left < block) {
      slab = MapPages(kSlab);
      slab_left = kSlab;
    }
    memory = slab;
    slab += block;
    slab_left -= block;
  }
  *reinterpret_cast<size_t*>(memory) = number;
  return memory + kHeader;
}

void Free(void* block) {
  if (block == nullptr) return;
  const size_t number = HeaderOf(block);
  char* const memory = static_cast<char*>(block) - kHeader;
  if (number > kLargest) {
    syscall(SYS_munmap, memory, number);
    return;
  }
  auto* const freed = reinterpret_cast<FreeBlock*>(memory);
  freed->next = free_blocks[number];
  free_blocks[number] = freed;
}

// Before an aligned block is the address of the one that it lies in.
void* Allocate(size_t size, std::align_val_t alignment) {
  const auto align = static_cast<size_t>(alignment);
  void* const block = Allocate(size + sizeof(void*) + align);
  const auto after = reinterpret_cast<uintptr_t>(block) + sizeof(void*);
  auto* const aligned = reinterpret_cast<void**>((after + align - 1) / align * align);
  aligned[-1] = block;
  return aligned;
}

void FreeAligned(void* block) {
  if (block != nullptr) Free(static_cast<void**>(block)[-1]);
}

}  // namespace

void* operator new(size_t size) { return Allocate(size); }
void* operator new[](size_t size) { return Allocate(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void operator delete(void* block) noexcept { Free(block); }
void operator delete[](void* block) noexcept { Free(block); }
void operator delete(void* block, size_t) noexcept { Free(block); }
void operator delete[](void* block, size_t) noexcept { Free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { Free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { Free(block); }

void* operator new(size_t size, std::align_val_t align) { return Allocate(size, align); }
void* operator new[](size_t size, std::align_val_t align) { return Allocate(size, align); }
void operator delete(void* block, std::align_val_t) noexcept { FreeAligned(block); }
void operator delete[](void* block, std::align_val_t) noexcept { FreeAligned(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { FreeAligned(block); }
void operator delete[](void* block, size_t, std::align_val_t) noexcept { FreeAligned(block); }
