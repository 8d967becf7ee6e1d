// What the functions of libc that wait share.

#ifndef HUPSTORM_KERNEL_INSIDE_THREADS_WAITS_H_
#define HUPSTORM_KERNEL_INSIDE_THREADS_WAITS_H_

#include <pthread.h>
#include <sys/types.h>
#include <time.h>

#include <cstdint>

#include "kernel/in_force.h"
#include "kernel/inside/threads/scheduler.h"
#include "kernel/next_symbol.h"

namespace hupstorm::inside {

// A thread of the program's makes this call, in code of its own.
inline bool IsOfProgramsThread() { return in_force.in_server && TheScheduler() != nullptr; }

// A point of a clock of the program's as one of the scheduler's.
int64_t DeadlineOf(clockid_t clock, const timespec* until);

// The current thread of the program's ends: its destructors run.
[[noreturn]] void EndThread(void* result);
// Runs a thread's code. pthread_exit and cancellation unwind it to here, and end the thread.
void* RunUntilExit(void* (*routine)(void*), void* argument);
// The current thread of the program's has been cancelled: unwinds it, with its cleanup handlers.
[[noreturn]] void ExitCancelled();
// For what is a cancellation point.
inline void TestCancel() {
  if (TheScheduler()->IsCancelled()) ExitCancelled();
}

// Wakes so many of those that block at `address`, if a thread of the program's makes the call; it
// may then be another's turn.
inline void WakeAt(const void* address, int most) {
  if (!IsOfProgramsThread()) return;
  TheScheduler()->Wake(address, most);
  TheScheduler()->Point();
}

// futex(2), as the program makes it by number.
long MakeFutexCall(const long (&arguments)[6]);

}  // namespace hupstorm::inside

// For the first line of a function of libc's: all but threads of the program's go on to the next.
// Of these another may have its turn first.
#define HUPSTORM_OTHERS(name, version, type, ...)                      \
  if (!::hupstorm::inside::IsOfProgramsThread()) {                     \
    static auto* const real = ::hupstorm::NextOf<type>(name, version); \
    return real(__VA_ARGS__);                                          \
  }                                                                    \
  ::hupstorm::inside::TheScheduler()->Point();

#endif  // HUPSTORM_KERNEL_INSIDE_THREADS_WAITS_H_
