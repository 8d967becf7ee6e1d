// Faults that end the server's process: where they came.

#ifndef HUPSTORM_KERNEL_LINUX_PRELOAD_FAULTS_H_
#define HUPSTORM_KERNEL_LINUX_PRELOAD_FAULTS_H_

namespace hupstorm::preload {

// From here on the stack is kept on which a fault comes (SIGSEGV and the like) for which the server
// has no handler, and the process then dies of it as it would.
void WatchFaults();
// The process ends by a call of its own, which this one is made inside of.
void KeepStackOfExit();

}  // namespace hupstorm::preload

#endif  // HUPSTORM_KERNEL_LINUX_PRELOAD_FAULTS_H_
