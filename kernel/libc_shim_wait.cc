// libc's readiness calls. See libc_shim.h.
//
// The variants that take a signal mask note it (InForce::wait_mask) and go on as those that take
// none: signals reach a server only from inside its own calls, so the race that the mask closes (a
// signal between the check and the sleep) is not there. On the way straight to Linux the mask is
// passed on.

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "kernel/libc_shim.h"

using hupstorm::Call;
using hupstorm::NewCall;
using hupstorm::WaitMaskScope;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

namespace {

constexpr size_t kKernelSigsetBytes = 8;  // Linux's sigset_t; glibc's is larger

}  // namespace

extern "C" {

int select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) {
  return Dispatch<Call::kSelect>(count, readable, writable, exceptional, timeout);
}

int pselect(int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
            const timespec* timeout, const sigset_t* mask) {
  // Both write the time left in place, which pselect promises not to do.
  if (!IsServersCall()) {
    CheckMemory(NewCall<Call::kSelect>(count, readable, writable, exceptional, nullptr));
    timespec left{};
    if (timeout != nullptr) left = *timeout;
    const struct {
      const sigset_t* mask;
      size_t bytes;
    } mask_argument{mask, kKernelSigsetBytes};
    return static_cast<int>(syscall(SYS_pselect6, count, readable, writable, exceptional,
                                    timeout == nullptr ? nullptr : &left, &mask_argument));
  }
  const WaitMaskScope masked(mask);
  timeval left{};
  if (timeout != nullptr) {
    int milliseconds;
    if (!ToMilliseconds(timeout, milliseconds)) return -1;
    left = {.tv_sec = timeout->tv_sec, .tv_usec = (timeout->tv_nsec + 999) / 1000};
  }
  return select(count, readable, writable, exceptional, timeout == nullptr ? nullptr : &left);
}

int poll(pollfd* fds, nfds_t count, int timeout_ms) {
  return Dispatch<Call::kPoll>(fds, count, timeout_ms);
}

int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  if (!IsServersCall()) {
    CheckMemory(NewCall<Call::kPoll>(fds, count, 0));
    timespec left{};
    if (timeout != nullptr) left = *timeout;
    return static_cast<int>(syscall(SYS_ppoll, fds, count, timeout == nullptr ? nullptr : &left,
                                    mask, kKernelSigsetBytes));
  }
  int timeout_ms;
  if (!ToMilliseconds(timeout, timeout_ms)) return -1;
  const WaitMaskScope masked(mask);
  return poll(fds, count, timeout_ms);
}

int epoll_create1(int flags) noexcept { return Dispatch<Call::kEpollCreate1>(flags); }

int epoll_create(int size) noexcept {
  if (size > 0) return epoll_create1(0);
  errno = EINVAL;
  return -1;
}

int epoll_ctl(int epfd, int operation, int fd, epoll_event* event) noexcept {
  return Dispatch<Call::kEpollCtl>(epfd, operation, fd, event);
}

int epoll_wait(int epfd, epoll_event* events, int max_events, int timeout_ms) {
  return Dispatch<Call::kEpollWait>(epfd, events, max_events, timeout_ms);
}

int epoll_pwait(int epfd, epoll_event* events, int max_events, int timeout_ms,
                const sigset_t* mask) {
  if (IsServersCall()) {
    const WaitMaskScope masked(mask);
    return epoll_wait(epfd, events, max_events, timeout_ms);
  }
  CheckMemory(NewCall<Call::kEpollWait>(epfd, events, max_events, timeout_ms));
  return static_cast<int>(
      syscall(SYS_epoll_pwait, epfd, events, max_events, timeout_ms, mask, kKernelSigsetBytes));
}

int epoll_pwait2(int epfd, epoll_event* events, int max_events, const timespec* timeout,
                 const sigset_t* mask) {
  if (IsServersCall()) {
    int timeout_ms;
    if (!ToMilliseconds(timeout, timeout_ms)) return -1;
    const WaitMaskScope masked(mask);
    return epoll_wait(epfd, events, max_events, timeout_ms);
  }
  CheckMemory(NewCall<Call::kEpollWait>(epfd, events, max_events, 0));
  return static_cast<int>(
      syscall(SYS_epoll_pwait2, epfd, events, max_events, timeout, mask, kKernelSigsetBytes));
}

}  // extern "C"
