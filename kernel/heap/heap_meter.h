// How much heap the server holds, in an executable that links hupstorm_shim: by interposing malloc,
// or by the sanitizer's hooks if a sanitizer brings the allocator.
//
// A block is the server's if it was allocated on this thread while the server's own code ran
// (`in_force.in_server`). It stays the server's until it is freed, whoever frees it, and a block of
// the harness never becomes the server's by being freed there: so what is handed over in either
// direction (a std::function, a log line, an exception) neither looks like a leak nor hides one. A
// block that is resized belongs to whoever resized it. Blocks from before the last
// ResetServerHeap do not count, nor does their end.
//
// A block that another thread frees still counts here as live: servers driven by scenarios have one
// thread.

#ifndef HUPSTORM_KERNEL_HEAP_HEAP_METER_H_
#define HUPSTORM_KERNEL_HEAP_HEAP_METER_H_

#include <cstddef>
#include <cstdint>

namespace hupstorm {

struct HeapUse {
  int64_t bytes = 0;   // of live blocks, as asked for: the same in every run and with any allocator
  int64_t blocks = 0;  // live blocks
};

// The server's live heap since the last `ResetServerHeap` on this thread. Zero for ever if the
// executable does not link hupstorm_shim.
HeapUse ServerHeap();
void ResetServerHeap();

// Hears of each block of the server's as it is made and freed, from inside malloc and free, as the
// harness.
class HeapListener {
 public:
  virtual ~HeapListener() = default;
  // `size`: bytes. `inner` lies in the stack frame of the function that stands for libc's.
  virtual void OnMade(const void* block, size_t size, const void* inner) = 0;
  virtual void OnFreed(const void* block) = 0;
};

// For the interposers: what this thread's server holds, and which ResetServerHeap it counts from.
// Generations are unique in the process, but for 0: before the first reset.
struct HeapCounter {
  HeapUse use;
  uint32_t generation = 0;
  HeapListener* listener = nullptr;  // null: none

  void Add(int64_t bytes) {
    use.bytes += bytes;
    ++use.blocks;
  }
  void Remove(int64_t bytes, uint32_t of_generation) {
    if (of_generation != generation) return;
    use.bytes -= bytes;
    --use.blocks;
  }
};
// Initial-exec: reading it from malloc must not allocate.
[[gnu::tls_model("initial-exec")]] extern thread_local constinit HeapCounter heap_counter;

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_HEAP_HEAP_METER_H_
