// Threads that wait for others without any call (while (!flag.load());): no context would ever run
// but theirs. So the processor's clock, that of user code alone, ticks while the program has
// threads, and one that has made no call since the last tick is passed by.
// What happens then is not the same each time.

#ifndef HUPSTORM_KERNEL_INSIDE_THREADS_SPIN_CLOCK_H_
#define HUPSTORM_KERNEL_INSIDE_THREADS_SPIN_CLOCK_H_

#include <chrono>

namespace hupstorm::inside {

// TheScheduler()->Tick is called from here on after each `bound` if the program is at an
// instruction of its own then: not in libc, the dynamic linker, an allocator or this library, which
// may hold what other threads need. `is_known_to_spin`: by the machine's clock, which tells short
// times apart; otherwise by that of the processor, so that a busy machine is not taken for a spin.
// Of this process alone, not of one that it forks; a second call changes it.
void StartSpinClock(std::chrono::microseconds bound, bool is_known_to_spin);

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_THREADS_SPIN_CLOCK_H_
