// libc's syscall(2), for servers that make some of their calls by number: libuv closes its
// descriptors so, to be rid of libc's cancellation point.

#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "kernel/in_force.h"
#include "kernel/linux/preload/enlisted_thread.h"
#include "kernel/linux/preload/timed_waits.h"

namespace {

// Linux itself, for x86-64: what libc's syscall does. This library's own raw calls come here too.
long AskLinux(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  constexpr long kHighestErrno = 4095;
  if (result >= 0 || result < -kHighestErrno) return result;
  errno = static_cast<int>(-result);
  return -1;
}

template <typename T>
T* At(long address) {
  return reinterpret_cast<T*>(address);
}

}  // namespace

extern "C" long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  const long a = va_arg(list, long);
  const long b = va_arg(list, long);
  const long c = va_arg(list, long);
  const long d = va_arg(list, long);
  const long e = va_arg(list, long);
  const long f = va_arg(list, long);
  va_end(list);
  if (!hupstorm::in_force.in_server) return AskLinux(number, a, b, c, d, e, f);
  const int fd = static_cast<int>(a);
  switch (number) {
    case SYS_exit_group:
      hupstorm::preload::NoteExit(fd);
      return AskLinux(number, a, b, c, d, e, f);
    case SYS_clone:
    case SYS_clone3:
    case SYS_fork: {
      const long child = AskLinux(number, a, b, c, d, e, f);
      if (child == 0) hupstorm::preload::LookForFork();
      return child;
    }
    case SYS_futex:
      return hupstorm::preload::WaitAtFutex({a, b, c, d, e, f});
    case SYS_close:
      return close(fd);
    case SYS_accept4:
      return accept4(fd, At<sockaddr>(b), At<socklen_t>(c), static_cast<int>(d));
    case SYS_read:
      return read(fd, At<void>(b), static_cast<size_t>(c));
    case SYS_write:
      return write(fd, At<const void>(b), static_cast<size_t>(c));
    case SYS_readv:
      return readv(fd, At<const iovec>(b), static_cast<int>(c));
    case SYS_writev:
      return writev(fd, At<const iovec>(b), static_cast<int>(c));
    case SYS_epoll_ctl:
      return epoll_ctl(fd, static_cast<int>(b), static_cast<int>(c), At<epoll_event>(d));
    case SYS_epoll_wait:
      return epoll_wait(fd, At<epoll_event>(b), static_cast<int>(c), static_cast<int>(d));
    default:
      return AskLinux(number, a, b, c, d, e, f);
  }
}
