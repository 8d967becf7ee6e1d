// pthread_exit(3) and pthread_cancel(3) of a program whose threads are contexts. glibc unwinds the
// stack, as it does for its own threads, down to where the context began. Cancellation is deferred:
// a thread that asked for the asynchronous kind ends at its next cancellation point too, unless it
// cancels itself.

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <unwind.h>

#include "kernel/inside/threads/waits.h"

// In libc for pthread_cleanup_push of C; the header has them for C alone.
extern "C" {
void __pthread_register_cancel(__pthread_unwind_buf_t* landing);
void __pthread_unregister_cancel(__pthread_unwind_buf_t* landing);
}

namespace hupstorm::inside {
namespace {

// The library's frames are unwound by the unwinder of the program's libgcc, with the library's own
// at work for their destructors: that one begins with a table that its first use fills in.
void PrepareUnwinder() {
  _Unwind_Backtrace([](_Unwind_Context*, void*) { return _URC_END_OF_STACK; }, nullptr);
}

[[noreturn]] void Unwind(void* result) {
  PrepareUnwinder();
  Cancellation& cancellation = TheScheduler()->cancellation();
  cancellation.is_enabled = false;
  cancellation.result = result;
  static auto* const real = NextOf<void(void*)>("pthread_exit");
  real(result);
  __builtin_unreachable();
}

}  // namespace

void ExitCancelled() { Unwind(PTHREAD_CANCELED); }

void* RunUntilExit(void* (*routine)(void*), void* argument) {
  __pthread_unwind_buf_t landing;
  auto* const state = reinterpret_cast<__jmp_buf_tag*>(landing.__cancel_jmp_buf);
  if (__sigsetjmp(state, 0) != 0) {
    in_force.in_server = true;  // it may have been in a call
    EndThread(TheScheduler()->cancellation().result);
  }
  __pthread_register_cancel(&landing);
  void* const result = routine(argument);
  __pthread_unregister_cancel(&landing);
  return result;
}

}  // namespace hupstorm::inside

using namespace hupstorm::inside;  // NOLINT: every line below is this library's

extern "C" {

void pthread_exit(void* result) {
  if (IsOfProgramsThread()) Unwind(result);
  static auto* const real = hupstorm::NextOf<void(void*)>("pthread_exit");
  real(result);
  __builtin_unreachable();
}

int pthread_cancel(pthread_t thread) {
  HUPSTORM_OTHERS("pthread_cancel", nullptr, int(pthread_t), thread)
  const int error = TheScheduler()->Cancel(thread);
  if (TheScheduler()->cancellation().is_asynchronous) TestCancel();
  return error;
}

int pthread_setcancelstate(int state, int* former) {
  HUPSTORM_OTHERS("pthread_setcancelstate", nullptr, int(int, int*), state, former)
  if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE) return EINVAL;
  bool& is_enabled = TheScheduler()->cancellation().is_enabled;
  if (former != nullptr) *former = is_enabled ? PTHREAD_CANCEL_ENABLE : PTHREAD_CANCEL_DISABLE;
  is_enabled = state == PTHREAD_CANCEL_ENABLE;
  if (TheScheduler()->cancellation().is_asynchronous) TestCancel();
  return 0;
}

int pthread_setcanceltype(int type, int* former) {
  HUPSTORM_OTHERS("pthread_setcanceltype", nullptr, int(int, int*), type, former)
  if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS) return EINVAL;
  bool& is_asynchronous = TheScheduler()->cancellation().is_asynchronous;
  if (former != nullptr) {
    *former = is_asynchronous ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;
  }
  is_asynchronous = type == PTHREAD_CANCEL_ASYNCHRONOUS;
  if (is_asynchronous) TestCancel();
  return 0;
}

void pthread_testcancel() {
  HUPSTORM_OTHERS("pthread_testcancel", nullptr, void())
  TestCancel();
}

}  // extern "C"
