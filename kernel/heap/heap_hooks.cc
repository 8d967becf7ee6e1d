// Counts what the server holds if a sanitizer brings the allocator, by the sanitizer's hooks. A
// hook cannot mark a block, so the server's blocks are kept in a table by address, one a thread.

#include "kernel/sanitizers.h"

#if HUPSTORM_SANITIZER_OWNS_HEAP

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "kernel/heap/heap_meter.h"
#include "kernel/in_force.h"

// As <sanitizer/allocator_interface.h> declares it, which Debian's g++ 12 comes without.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void* block, size_t size),
    void (*free_hook)(const volatile void* block));

namespace {

using hupstorm::heap_counter;
using hupstorm::in_force;

// Open addressing with linear probing, in memory of its own: hooks must not allocate. Trivial, so
// that it may be thread-local and be used from the first allocation to the last.
class BlockTable {
 public:
  void Insert(const void* block, size_t size) {
    if ((count_ + 1) * 2 > capacity_) Grow();
    Entry& entry = slots_[Find(block)];
    // There already: another thread freed it, and its address came round again.
    if (entry.block != nullptr) {
      heap_counter.Remove(static_cast<int64_t>(entry.size), entry.generation);
    } else {
      ++count_;
    }
    entry = {block, size, heap_counter.generation};
    heap_counter.Add(static_cast<int64_t>(size));
  }

  void Erase(const void* block) {
    if (count_ == 0) return;
    size_t hole = Find(block);
    if (slots_[hole].block == nullptr) return;
    heap_counter.Remove(static_cast<int64_t>(slots_[hole].size), slots_[hole].generation);
    --count_;
    // Moves the rest of the run up if its own place lies before the hole.
    for (size_t next = Next(hole); slots_[next].block != nullptr; next = Next(next)) {
      const size_t home = Home(slots_[next].block);
      if (((next - home) & (capacity_ - 1)) >= ((next - hole) & (capacity_ - 1))) {
        slots_[hole] = slots_[next];
        hole = next;
      }
    }
    slots_[hole] = {};
  }

 private:
  struct Entry {
    const void* block;
    size_t size;
    uint32_t generation;
  };

  size_t Home(const void* block) const {
    return (reinterpret_cast<uintptr_t>(block) >> 4) * 0x9e3779b97f4a7c15u >> 20 & (capacity_ - 1);
  }
  size_t Next(size_t index) const { return (index + 1) & (capacity_ - 1); }
  size_t Find(const void* block) const {
    size_t index = Home(block);
    while (slots_[index].block != nullptr && slots_[index].block != block) index = Next(index);
    return index;
  }

  // Drops blocks of former generations on the way: nothing asks about them any more.
  void Grow() {
    const BlockTable old = *this;
    size_t live = 0;
    for (size_t i = 0; i < old.capacity_; ++i) live += IsCurrent(old.slots_[i]);
    capacity_ = 1024;
    while (capacity_ < live * 4) capacity_ *= 2;
    const long mapped = syscall(SYS_mmap, nullptr, capacity_ * sizeof(Entry),
                                PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);
    if (mapped == -1) abort();
    slots_ = reinterpret_cast<Entry*>(mapped);
    count_ = live;
    for (size_t i = 0; i < old.capacity_; ++i) {
      if (IsCurrent(old.slots_[i])) slots_[Find(old.slots_[i].block)] = old.slots_[i];
    }
    if (old.slots_ != nullptr) syscall(SYS_munmap, old.slots_, old.capacity_ * sizeof(Entry));
  }
  static bool IsCurrent(const Entry& entry) {
    return entry.block != nullptr && entry.generation == heap_counter.generation;
  }

  Entry* slots_ = nullptr;
  size_t capacity_ = 0;  // a power of two
  size_t count_ = 0;
};

[[gnu::tls_model("initial-exec")]] thread_local constinit BlockTable blocks;

void OnMalloc(const volatile void* block, size_t size) {
  if (in_force.in_server && block != nullptr) blocks.Insert(const_cast<const void*>(block), size);
}

void OnFree(const volatile void* block) {
  if (block != nullptr) blocks.Erase(const_cast<const void*>(block));
}

// Before main and before any server: hooks can be installed once only, and never removed.
[[gnu::constructor]] void InstallHooks() {
  if (__sanitizer_install_malloc_and_free_hooks(OnMalloc, OnFree) == 0) abort();
}

}  // namespace

#endif  // HUPSTORM_SANITIZER_OWNS_HEAP
