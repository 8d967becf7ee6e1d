// epoll (fs/eventpoll.c): a ready list that wake-ups fill, and epoll_wait drains.

#ifndef HUPSTORM_KERNEL_SIMULATED_EPOLL_H_
#define HUPSTORM_KERNEL_SIMULATED_EPOLL_H_

#include <sys/epoll.h>

#include "kernel/simulated/state.h"

namespace hupstorm::simulated {

int ControlEpoll(Kernel& kernel, int epfd, int operation, int fd, const epoll_event* event);
int WaitEpoll(Kernel& kernel, int epfd, epoll_event* events, int max_events, int timeout_ms);
uint32_t PollEpoll(Kernel& kernel, Epoll& epoll);  // __ep_eventpoll_poll
void CloseEpoll(Kernel& kernel, Epoll& epoll);
// An object is closed for good: no epoll watches it any more (eventpoll_release_file).
void ForgetWatchers(Kernel& kernel, Object& object);
// A real descriptor was closed.
void ForgetHostFile(Kernel& kernel, int fd);
void ForgetHostFiles(Kernel& kernel);
// What poll(2) says of a real descriptor, of all that can be asked.
uint32_t PollHostFile(Kernel& kernel, int fd);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_EPOLL_H_
