// Calls of the program that the table does not have, and that the simulation answers all the same:
// by number, and those whose answers would differ from run to run.

#ifndef HUPSTORM_KERNEL_INSIDE_OTHER_CALLS_H_
#define HUPSTORM_KERNEL_INSIDE_OTHER_CALLS_H_

namespace hupstorm::inside {

// From here on they are.
void SetMakeOtherCalls();

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_OTHER_CALLS_H_
