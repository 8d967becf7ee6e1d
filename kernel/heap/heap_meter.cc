#include "kernel/heap/heap_meter.h"

#include <atomic>

namespace hupstorm {

thread_local constinit HeapCounter heap_counter;

HeapUse ServerHeap() { return heap_counter.use; }

void ResetServerHeap() {
  static constinit std::atomic<uint32_t> last_generation{0};
  heap_counter.use = {};
  heap_counter.generation = last_generation.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace hupstorm
