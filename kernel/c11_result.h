// What C11's threads return for the errors of the pthreads that glibc makes them of.

#ifndef HUPSTORM_KERNEL_C11_RESULT_H_
#define HUPSTORM_KERNEL_C11_RESULT_H_

#include <errno.h>
#include <threads.h>

namespace hupstorm {

// As thrd_err_map of glibc (nptl/thrd_priv.h) has it.
inline int ToC11(int error) {
  switch (error) {
    case 0:
      return thrd_success;
    case EBUSY:
      return thrd_busy;
    case ETIMEDOUT:
      return thrd_timedout;
    case ENOMEM:
      return thrd_nomem;
    default:
      return thrd_error;
  }
}

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_C11_RESULT_H_
