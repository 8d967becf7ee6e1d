// The threads of a server's process that its driver knows of, from inside that process.

#ifndef HUPSTORM_KERNEL_LINUX_PRELOAD_ENLISTED_THREAD_H_
#define HUPSTORM_KERNEL_LINUX_PRELOAD_ENLISTED_THREAD_H_

#include <sys/types.h>

#include <cstdint>

#include "kernel/linux/held/agent.h"

namespace hupstorm::preload {

// True in a process that was started by a driver: its environment says so.
bool IsDriven();

// True once a thread of this process is known to the driver.
bool IsEnlisted();

// To be called in what may be a child that was made past libc's fork: forgets its parent's threads,
// if it is one.
void LookForFork();

// The agent of the calling thread, which is enlisted at its first call. Null if the driver is gone,
// or LetThreadsGo was called.
held::Agent* AgentOfThisThread();

// How far the server's clocks are ahead of Linux's.
int64_t ClockOffsetNs();

// Where threads that sleep with a timeout are noted; null if no thread is known to the driver.
held::Sleepers* SleepersOfThisProcess();

// The process has called connect: tells the driver that it may hear from others than clients.
void NoteConnect();

// ---- The end of the process (ending.cc).

// The process is about to end by itself: tells the driver that it was not killed.
void NoteExit(int status);
// The same for a process that has handlers to run first. From now on its threads are not held any
// more, nor enlisted: a handler may wait for any of them.
void LetThreadsGo(int status);
// Where the stack of the calling thread is to be kept as that of the process's death; null if no
// thread of the process is known to the driver.
StackWalk* DeathOfThisProcess();
// Lets LetThreadsGo be called before the handlers of exit(3) that were added until now.
void ComeBeforeExitHandlers();
// Tells the driver how a child of this process has ended. `status`: as waitpid(2) tells.
void TellEndOfChild(pid_t child, int status);

}  // namespace hupstorm::preload

#endif  // HUPSTORM_KERNEL_LINUX_PRELOAD_ENLISTED_THREAD_H_
