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

#include <algorithm>

#include "kernel/libc_shim.h"

using hupstorm::Syscalls;
using hupstorm::WaitMaskScope;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

namespace {

constexpr size_t kKernelSigsetBytes = 8;  // Linux's sigset_t; glibc's is larger

void KernelWritesSets(int count, fd_set* readable, fd_set* writable, fd_set* exceptional) {
  if (count <= 0) return;
  const size_t bytes = (static_cast<size_t>(count) + 63) / 64 * 8;
  for (fd_set* set : {readable, writable, exceptional}) KernelWrites(set, bytes);
}

void KernelWritesEvents(epoll_event* events, int max_events) {
  if (max_events > 0) KernelWrites(events, sizeof(*events) * static_cast<size_t>(max_events));
}

}  // namespace

extern "C" {

int select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) {
  KernelWritesSets(count, readable, writable, exceptional);
  return DispatchReceive(
      [&](Syscalls& k) { return k.Select(count, readable, writable, exceptional, timeout); });
}

int pselect(int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
            const timespec* timeout, const sigset_t* mask) {
  KernelWritesSets(count, readable, writable, exceptional);
  // Both report the time left in place, where pselect promises not to.
  if (!IsServersCall()) {
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
    if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1'000'000'000) {
      errno = EINVAL;
      return -1;
    }
    left = {.tv_sec = timeout->tv_sec, .tv_usec = (timeout->tv_nsec + 999) / 1000};
  }
  return HandOver([&](Syscalls& k) {
    return k.Select(count, readable, writable, exceptional, timeout == nullptr ? nullptr : &left);
  });
}

int poll(pollfd* fds, nfds_t count, int timeout_ms) {
  KernelWrites(fds, count * sizeof(*fds));
  return DispatchReceive([&](Syscalls& k) { return k.Poll(fds, count, timeout_ms); });
}

int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  KernelWrites(fds, count * sizeof(*fds));
  if (!IsServersCall()) {
    timespec left{};
    if (timeout != nullptr) left = *timeout;
    return static_cast<int>(syscall(SYS_ppoll, fds, count, timeout == nullptr ? nullptr : &left,
                                    mask, kKernelSigsetBytes));
  }
  int timeout_ms;
  if (!ToMilliseconds(timeout, timeout_ms)) return -1;
  const WaitMaskScope masked(mask);
  return HandOver([&](Syscalls& k) { return k.Poll(fds, count, timeout_ms); });
}

int epoll_create1(int flags) noexcept {
  return DispatchNothrow("epoll_create1", [&](Syscalls& k) { return k.EpollCreate1(flags); });
}

int epoll_create(int size) noexcept {
  if (size <= 0) {
    errno = EINVAL;
    return -1;
  }
  return DispatchNothrow("epoll_create", [&](Syscalls& k) { return k.EpollCreate1(0); });
}

int epoll_ctl(int epfd, int operation, int fd, epoll_event* event) noexcept {
  if (operation != EPOLL_CTL_DEL) KernelReads(event, sizeof(*event));
  BeforeSending();
  return DispatchNothrow("epoll_ctl",
                         [&](Syscalls& k) { return k.EpollCtl(epfd, operation, fd, event); });
}

int epoll_wait(int epfd, epoll_event* events, int max_events, int timeout_ms) {
  KernelWritesEvents(events, max_events);
  return DispatchReceive(
      [&](Syscalls& k) { return k.EpollWait(epfd, events, max_events, timeout_ms); });
}

int epoll_pwait(int epfd, epoll_event* events, int max_events, int timeout_ms,
                const sigset_t* mask) {
  if (IsServersCall()) {
    const WaitMaskScope masked(mask);
    return epoll_wait(epfd, events, max_events, timeout_ms);
  }
  KernelWritesEvents(events, max_events);
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
  KernelWritesEvents(events, max_events);
  return static_cast<int>(
      syscall(SYS_epoll_pwait2, epfd, events, max_events, timeout, mask, kKernelSigsetBytes));
}

}  // extern "C"
