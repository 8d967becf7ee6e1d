// Signals that are read from a descriptor (fs/signalfd.c).

#ifndef HUPSTORM_KERNEL_SIMULATED_SIGNALFD_H_
#define HUPSTORM_KERNEL_SIMULATED_SIGNALFD_H_

#include <sys/types.h>

#include <cstdint>

#include "kernel/simulated/io_vector.h"
#include "kernel/simulated/object.h"

namespace hupstorm::simulated {

struct Kernel;

// Whether a signal that is raised now waits for a signalfd: the server has one that is open for it,
// and has blocked it. The mask is the thread's own, which Linux keeps.
bool GoesToSignalfd(const Kernel& kernel, int signal);
void LeavePending(Kernel& kernel, int signal);

uint32_t PollSignalfd(const Kernel& kernel, const Signalfd& signalfd);
ssize_t ReadSignalfd(Kernel& kernel, Signalfd& signalfd, IoVector& to, int fd);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_SIGNALFD_H_
