// A stack for the harness in somebody else's program, whose threads may have small ones: a Java or
// a musl thread has 64 KiB, a handler of signals less.

#ifndef HUPSTORM_KERNEL_INSIDE_HARNESS_STACK_H_
#define HUPSTORM_KERNEL_INSIDE_HARNESS_STACK_H_

#include <type_traits>

namespace hupstorm::inside {

// Calls `function(argument)` on the harness' stack of this thread and returns when it has returned;
// on the current stack if that is the harness' already, as in a call that a handler of the server's
// makes. An exception may not leave the function. The first call of a thread makes the stack, and
// ends the process if there is no memory for it.
void OnHarnessStack(void (*function)(void*), void* argument);
// Whether this thread is in such a call.
bool IsOnHarnessStack();

template <typename Body>
void OnHarnessStack(Body&& body) {
  using Called = std::remove_reference_t<Body>;
  OnHarnessStack([](void* argument) { (*static_cast<Called*>(argument))(); }, &body);
}

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_HARNESS_STACK_H_
