// Files that are neither sockets nor pipes: eventfd, timerfd and signalfd (fs/eventfd.c,
// fs/timerfd.c, fs/signalfd.c).

#ifndef HUPSTORM_KERNEL_SIMULATED_SPECIAL_FILES_H_
#define HUPSTORM_KERNEL_SIMULATED_SPECIAL_FILES_H_

#include <sys/timerfd.h>

#include "base/timespec.h"
#include "kernel/simulated/io_vector.h"
#include "kernel/simulated/state.h"

namespace hupstorm::simulated {

uint32_t PollEventfd(const Eventfd& eventfd);
ssize_t ReadEventfd(Kernel& kernel, Eventfd& eventfd, IoVector& to, int fd);
ssize_t WriteEventfd(Kernel& kernel, Eventfd& eventfd, IoVector& from, int fd);

ssize_t ReadTimerfd(Kernel& kernel, Timerfd& timerfd, IoVector& to, int fd);
void FireTimerfd(Kernel& kernel, Timerfd& timerfd);

// Whether a signal that is raised now waits for a signalfd: the server has one that is open for it,
// and has blocked it. The mask is the thread's own, which Linux keeps.
bool GoesToSignalfd(const Kernel& kernel, int signal);
void LeavePending(Kernel& kernel, int signal);
uint32_t PollSignalfd(const Kernel& kernel, const Signalfd& signalfd);
ssize_t ReadSignalfd(Kernel& kernel, Signalfd& signalfd, IoVector& to, int fd);

bool IsValid(const timespec& time);  // timespec64_valid
int64_t ToNs(const timespec& time);  // INT64_MAX if it does not fit

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_SPECIAL_FILES_H_
