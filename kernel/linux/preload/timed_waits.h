// futex(2) by its number: Rust's, Go's and libstdc++'s way to sleep.

#ifndef HUPSTORM_KERNEL_LINUX_PRELOAD_TIMED_WAITS_H_
#define HUPSTORM_KERNEL_LINUX_PRELOAD_TIMED_WAITS_H_

namespace hupstorm::preload {

// The arguments, as syscall(2) takes them.
struct FutexCall {
  long address = 0;
  long operation = 0;
  long value = 0;
  long timeout = 0;
  long second = 0;
  long third = 0;
};

// As syscall(SYS_futex, ...), with a timeout by the server's clock.
long WaitAtFutex(const FutexCall& call);

}  // namespace hupstorm::preload

#endif  // HUPSTORM_KERNEL_LINUX_PRELOAD_TIMED_WAITS_H_
