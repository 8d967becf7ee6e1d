// Handlers for the signals that end a process by a fault, of Linux itself: who installs them
// watches a server, whose own calls may go elsewhere.

#ifndef HUPSTORM_KERNEL_FAULT_HANDLERS_H_
#define HUPSTORM_KERNEL_FAULT_HANDLERS_H_

#include <signal.h>

#include <span>

namespace hupstorm {

using FaultHandler = void (*)(int number, siginfo_t* info, void* context);

// `handler` takes those of `faults` that nobody handles yet; where it leaves off the same may come
// again.
void HandleFaults(std::span<const int> faults, FaultHandler handler);

// Gives this thread a stack for its handlers if it has none: its own may be what has overflowed.
void ProvideHandlerStack();

// The signal ends the process when it comes again.
void LetFaultKill(int number);

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_FAULT_HANDLERS_H_
