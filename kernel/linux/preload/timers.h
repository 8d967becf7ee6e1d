// Timers of the server's process, as its driver is to know them.

#ifndef HUPSTORM_KERNEL_LINUX_PRELOAD_TIMERS_H_
#define HUPSTORM_KERNEL_LINUX_PRELOAD_TIMERS_H_

#include "kernel/linux/held/sleepers.h"

namespace hupstorm::preload {

// The process has become known to its driver, which reads `sleepers`: tells it of timers that were
// set before.
void TellOfTimers(held::Sleepers& sleepers);

// In a child that was forked, which has none of its parent's (timer_create(2), setitimer(2)).
void ForgetTimers();

}  // namespace hupstorm::preload

#endif  // HUPSTORM_KERNEL_LINUX_PRELOAD_TIMERS_H_
