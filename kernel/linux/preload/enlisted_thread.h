// The threads of a server's process that its driver knows of, from inside that process.

#ifndef HUPSTORM_KERNEL_LINUX_PRELOAD_ENLISTED_THREAD_H_
#define HUPSTORM_KERNEL_LINUX_PRELOAD_ENLISTED_THREAD_H_

#include <cstdint>

#include "kernel/linux/held/agent.h"

namespace hupstorm::preload {

// True in a process that was started by a driver: its environment says so.
bool IsDriven();

// True once a thread of this process is known to the driver.
bool IsEnlisted();

// The agent of the calling thread, which is enlisted at its first call. Null if the driver is gone.
held::Agent* AgentOfThisThread();

// How far the server's clocks are ahead of Linux's.
int64_t ClockOffsetNs();

// The process is about to end by itself: tells the driver that it was not killed.
void NoteExit(int status);

}  // namespace hupstorm::preload

#endif  // HUPSTORM_KERNEL_LINUX_PRELOAD_ENLISTED_THREAD_H_
