// eventfd(2) (fs/eventfd.c).

#ifndef HUPSTORM_KERNEL_SIMULATED_EVENTFD_H_
#define HUPSTORM_KERNEL_SIMULATED_EVENTFD_H_

#include "kernel/simulated/io_vector.h"
#include "kernel/simulated/state.h"

namespace hupstorm::simulated {

uint32_t PollEventfd(const Eventfd& eventfd);
ssize_t ReadEventfd(Kernel& kernel, Eventfd& eventfd, IoVector& to, int fd);
ssize_t WriteEventfd(Kernel& kernel, Eventfd& eventfd, IoVector& from, int fd);

// Copies a counter to the caller's buffers, which must have room for it.
void PutUint64(IoVector& to, uint64_t value);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_EVENTFD_H_
