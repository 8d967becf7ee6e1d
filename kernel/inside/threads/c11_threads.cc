// C11's threads, which glibc makes of pthreads without asking those that stand before these.

#include <errno.h>
#include <pthread.h>
#include <threads.h>
#include <time.h>

#include <cstdint>
#include <memory>

#include "kernel/c11_result.h"
#include "kernel/inside/threads/waits.h"

using hupstorm::ToC11;
using namespace hupstorm::inside;  // NOLINT: every line below is this library's

namespace {

pthread_mutex_t* Of(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* Of(cnd_t* condition) { return reinterpret_cast<pthread_cond_t*>(condition); }

struct Routine {
  thrd_start_t start;
  void* argument;
};

void* Run(void* routine) {
  const auto* const given = static_cast<Routine*>(routine);
  const Routine own = *given;
  delete given;
  return reinterpret_cast<void*>(static_cast<intptr_t>(own.start(own.argument)));
}

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t start, void* argument) {
  auto routine = std::make_unique<Routine>(Routine{start, argument});
  const int error = pthread_create(thread, nullptr, Run, routine.get());
  if (error == 0) routine.release();  // Run deletes it
  return error == EAGAIN ? thrd_nomem : ToC11(error);
}
int thrd_join(thrd_t thread, int* result) {
  void* value = nullptr;
  const int error = pthread_join(thread, &value);
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<intptr_t>(value));
  return ToC11(error);
}
int thrd_detach(thrd_t thread) { return ToC11(pthread_detach(thread)); }
void thrd_exit(int result) { pthread_exit(reinterpret_cast<void*>(static_cast<intptr_t>(result))); }
void thrd_yield() { sched_yield(); }
int thrd_sleep(const timespec* time, timespec* left) {
  const int error = clock_nanosleep(CLOCK_REALTIME, 0, time, left);
  return error == 0 ? 0 : error == EINTR ? -1 : -2;
}

int mtx_lock(mtx_t* mutex) { return ToC11(pthread_mutex_lock(Of(mutex))); }
int mtx_timedlock(mtx_t* mutex, const timespec* until) {
  return ToC11(pthread_mutex_timedlock(Of(mutex), until));
}
int mtx_unlock(mtx_t* mutex) { return ToC11(pthread_mutex_unlock(Of(mutex))); }

int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return ToC11(pthread_cond_wait(Of(condition), Of(mutex)));
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  return ToC11(pthread_cond_timedwait(Of(condition), Of(mutex), until));
}
int cnd_signal(cnd_t* condition) { return ToC11(pthread_cond_signal(Of(condition))); }
int cnd_broadcast(cnd_t* condition) { return ToC11(pthread_cond_broadcast(Of(condition))); }

void call_once(once_flag* flag, void (*routine)()) {
  pthread_once(reinterpret_cast<pthread_once_t*>(flag), routine);
}
int tss_create(tss_t* key, tss_dtor_t destructor) {
  return ToC11(pthread_key_create(key, destructor));
}
void tss_delete(tss_t key) { pthread_key_delete(key); }

}  // extern "C"
