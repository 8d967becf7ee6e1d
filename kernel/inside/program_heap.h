// How much heap the program holds: what it has from malloc and its kin, whichever allocator stands
// behind them, and what its own allocators have from mmap(2).
//
// Counted are live blocks and their usable sizes. All that is allocated in the process through
// libc's names is the program's: the library has memory of its own (own_memory.cc). An allocator
// that is linked into the executable is not seen but for what it maps.

#ifndef HUPSTORM_KERNEL_INSIDE_PROGRAM_HEAP_H_
#define HUPSTORM_KERNEL_INSIDE_PROGRAM_HEAP_H_

#include <array>

#include "kernel/heap/heap_meter.h"
#include "kernel/heap/heap_sizes.h"

namespace hupstorm::inside {

// Since the program was started.
HeapUse ProgramHeap();
const std::array<int64_t, kHeapSizes>& ProgramBlocksBySize();

// Null: nobody hears of blocks.
void SetHeapListener(HeapListener* listener);

// The program has a language's runtime in it that collects garbage, when it likes: what it holds is
// no measure of what it has forgotten.
bool CollectsGarbage();

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_PROGRAM_HEAP_H_
