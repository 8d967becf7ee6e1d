// Where in the server's code a fault came that ended the process which ran it.

#ifndef HUPSTORM_SCENARIOS_WORLDS_FAULT_STACK_H_
#define HUPSTORM_SCENARIOS_WORLDS_FAULT_STACK_H_

#include "base/scoped_value.h"
#include "kernel/stacks/stack_walk.h"

namespace hupstorm {

// From now on, when a server on this thread dies of a fault or of abort, `stack` is filled in with
// where it was, before the process ends as it would have. `stack` lies in memory that others share,
// and outlives the process. A signal that has a handler already, as a sanitizer's, is left to that.
void NoteFaults(StackWalk& stack);

extern constinit const void* below_server;

// For the life of the object a server runs; `below` lies on the stack, where it was called.
class FaultsAreServers : ScopedValue<const void*> {
 public:
  explicit FaultsAreServers(const void* below) : ScopedValue(below_server, below) {}
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_FAULT_STACK_H_
