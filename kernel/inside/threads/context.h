// The registers of a thread that does not run: its stack, and where its thread-local storage is.
// All contexts of a process take turns on one OS thread.

#ifndef HUPSTORM_KERNEL_INSIDE_THREADS_CONTEXT_H_
#define HUPSTORM_KERNEL_INSIDE_THREADS_CONTEXT_H_

#include <cstdint>

namespace hupstorm::inside {

struct Context {
  void* stack = nullptr;         // its pointer, while it does not run
  uintptr_t thread_pointer = 0;  // the base of FS: what pthread_self returns
};

// The thread pointer of the code that runs.
uintptr_t ThreadPointer();

// Saves what runs to `from`, and goes on with `to`; returns when something goes on with `from`.
// Signal masks and alternate stacks stay as they are: they are the OS thread's.
void SwitchContext(Context& from, const Context& to);

// Makes a context that begins with `entry` on the stack that ends at `top` (exclusive). `entry`
// does not return.
Context NewContext(void (*entry)(), void* top, uintptr_t thread_pointer);

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_THREADS_CONTEXT_H_
