// timerfd on the server's clock. Linux's own timers of these descriptors are off, but for making
// one readable when it has expired by that clock.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_HELD_TIMERS_H_
#define HUPSTORM_KERNEL_LINUX_HELD_HELD_TIMERS_H_

#include <cstdint>

#include "kernel/linux/held/held_thread.h"
#include "kernel/linux/held/server_clock.h"

namespace hupstorm::held {

// As the call of `thread`, which is held; sets errno if it returns -1.
int64_t SetTimer(HeldThread& thread, const ServerClock& clock, const SystemCall& call);
int64_t GetTimer(HeldThread& thread, const ServerClock& clock, const SystemCall& call);
// After a read: how often the timer has expired, in the caller's buffer.
void TakeExpirations(HeldThread& thread, int fd, void* buffer);

// Makes those that have expired readable, in the process of `thread`.
void FireTimers(HeldThread& thread, const ServerClock& clock);
// When the next of a process expires; -1 for never.
int64_t NextTimerOf(const HeldProcess& process);

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_HELD_TIMERS_H_
