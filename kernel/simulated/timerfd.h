// timerfd_create(2) on the virtual clock (fs/timerfd.c).

#ifndef HUPSTORM_KERNEL_SIMULATED_TIMERFD_H_
#define HUPSTORM_KERNEL_SIMULATED_TIMERFD_H_

#include <sys/timerfd.h>

#include "kernel/simulated/io_vector.h"
#include "kernel/simulated/state.h"

namespace hupstorm::simulated {

int SetTimerfd(Kernel& kernel, Timerfd& timerfd, int flags, const itimerspec* value,
               itimerspec* old);
int GetTimerfd(Kernel& kernel, Timerfd& timerfd, itimerspec* value);
ssize_t ReadTimerfd(Kernel& kernel, Timerfd& timerfd, IoVector& to, int fd);
void FireTimerfd(Kernel& kernel, Timerfd& timerfd);

inline constexpr int64_t kNsPerSecond = 1'000'000'000;
bool IsValid(const timespec& time);  // timespec64_valid
int64_t ToNs(const timespec& time);  // INT64_MAX where it does not fit
timespec ToTimespec(int64_t ns);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_TIMERFD_H_
