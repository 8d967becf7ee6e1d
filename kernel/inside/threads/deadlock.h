// Threads that wait for each other for ever.

#ifndef HUPSTORM_KERNEL_INSIDE_THREADS_DEADLOCK_H_
#define HUPSTORM_KERNEL_INSIDE_THREADS_DEADLOCK_H_

#include <cstdint>
#include <optional>
#include <string>

#include "kernel/inside/threads/scheduler.h"

namespace hupstorm::inside {

struct Deadlock {
  std::string what;      // one sentence: which threads, what each waits for and holds
  uint64_t context = 0;  // by what they wait for: the same for the same kind
};

// While no thread of the program can run: a cycle of threads each of which waits, without end, for
// a mutex that the next one holds, a lock that it has for writing, or its end. Where
// `none_can_be_woken`, because nothing but another thread wakes those that sleep outside of calls,
// also all threads together if none sleeps in a call and none has a deadline.
std::optional<Deadlock> FindDeadlock(const Scheduler& scheduler, bool none_can_be_woken);

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_THREADS_DEADLOCK_H_
