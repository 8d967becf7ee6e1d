// pthreads(7), for a program whose threads are contexts: what would block asks the scheduler. Locks
// are glibc's own, by the forms that do not block, so that their kinds, owners and errors are too.

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <time.h>

#include <climits>

#include "base/timespec.h"
#include "kernel/in_force.h"
#include "kernel/inside/threads/scheduler.h"
#include "kernel/inside/threads/waits.h"

namespace hupstorm::inside {
namespace {

// Locks of a kind by `lock`, the form that does not block, until `deadline_ns`.
template <typename Lock>
int LockBy(WaitFor what, const void* address, int64_t deadline_ns, Lock lock) {
  while (true) {
    const int error = lock();
    if (error != EBUSY) return error;
    const auto woken = TheScheduler()->Block(what, address, deadline_ns);
    if (woken == Scheduler::Woken::kByTime) return ETIMEDOUT;
  }
}

int TryMutex(pthread_mutex_t* mutex) {
  static auto* const real = NextOf<int(pthread_mutex_t*)>("pthread_mutex_trylock");
  return real(mutex);
}

int LockMutex(pthread_mutex_t* mutex, int64_t deadline_ns) {
  const int error = TryMutex(mutex);
  if (error != EBUSY) return error;
  // glibc's pthread_mutex_lock says so, trylock does not.
  constexpr int kKind = 3;
  const bool checks = (mutex->__data.__kind & kKind) == PTHREAD_MUTEX_ERRORCHECK;
  if (checks && mutex->__data.__owner == TheScheduler()->owner()) return EDEADLK;
  return LockBy(WaitFor::kMutex, mutex, deadline_ns, [mutex] { return TryMutex(mutex); });
}

int ReleaseMutex(pthread_mutex_t* mutex) {
  static auto* const real = NextOf<int(pthread_mutex_t*)>("pthread_mutex_unlock");
  const int error = real(mutex);
  if (error == 0) TheScheduler()->Wake(mutex, 1);
  return error;
}

int WaitAt(pthread_cond_t* condition, pthread_mutex_t* mutex, int64_t deadline_ns) {
  // A recursive mutex that is held more than once stays held, as with glibc.
  TestCancel();
  // No other thread has its turn before this one sleeps.
  const int error = ReleaseMutex(mutex);
  if (error != 0) return error;
  const auto woken = TheScheduler()->Block(WaitFor::kCondition, condition, deadline_ns);
  const int locked = LockMutex(mutex, -1);
  if (woken == Scheduler::Woken::kByCancel) ExitCancelled();
  return locked != 0 ? locked : woken == Scheduler::Woken::kByTime ? ETIMEDOUT : 0;
}

int TakeSemaphore(sem_t* semaphore, int64_t deadline_ns) {
  TestCancel();
  while (sem_trywait(semaphore) != 0) {
    if (errno != EAGAIN) return -1;
    const auto woken = TheScheduler()->Block(WaitFor::kSemaphore, semaphore, deadline_ns);
    if (woken == Scheduler::Woken::kByAnother) continue;
    if (woken == Scheduler::Woken::kByCancel) ExitCancelled();
    errno = woken == Scheduler::Woken::kByTime ? ETIMEDOUT : EINTR;
    return -1;
  }
  return 0;
}

int JoinUntil(pthread_t thread, void** result, int64_t deadline_ns) {
  TestCancel();
  const int error = TheScheduler()->Join(thread, result, deadline_ns);
  if (error == ECANCELED) ExitCancelled();
  return error;
}

clockid_t ClockOf(const pthread_cond_t* condition) {
  constexpr unsigned kIsMonotonic = 2;  // glibc's __PTHREAD_COND_CLOCK_MONOTONIC_MASK
  return (condition->__data.__wrefs & kIsMonotonic) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

bool IsRefused(const timespec* time) { return time->tv_nsec < 0 || time->tv_nsec >= kSecondNs; }

}  // namespace
}  // namespace hupstorm::inside

using namespace hupstorm;          // NOLINT: every line below is this library's
using namespace hupstorm::inside;  // NOLINT

extern "C" {

// ---- Threads.

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*routine)(void*),
                   void* argument) noexcept {
  HUPSTORM_OTHERS("pthread_create", nullptr,
                  int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*), thread,
                  attributes, routine, argument)
  const HarnessScope harness;
  return TheScheduler()->Create(thread, attributes, routine, argument);
}

int pthread_join(pthread_t thread, void** result) {
  HUPSTORM_OTHERS("pthread_join", nullptr, int(pthread_t, void**), thread, result)
  return JoinUntil(thread, result, -1);
}

int pthread_clockjoin_np(pthread_t thread, void** result, clockid_t clock, const timespec* until) {
  HUPSTORM_OTHERS("pthread_clockjoin_np", nullptr,
                  int(pthread_t, void**, clockid_t, const timespec*), thread, result, clock, until)
  return JoinUntil(thread, result, DeadlineOf(clock, until));
}

int pthread_timedjoin_np(pthread_t thread, void** result, const timespec* until) {
  return pthread_clockjoin_np(thread, result, CLOCK_REALTIME, until);
}

int pthread_tryjoin_np(pthread_t thread, void** result) noexcept {
  HUPSTORM_OTHERS("pthread_tryjoin_np", nullptr, int(pthread_t, void**), thread, result)
  const int error = TheScheduler()->Join(thread, result, 0);
  return error == ETIMEDOUT ? EBUSY : error;
}

int pthread_detach(pthread_t thread) noexcept {
  HUPSTORM_OTHERS("pthread_detach", nullptr, int(pthread_t), thread)
  return TheScheduler()->Detach(thread);
}

int sched_yield() noexcept {
  HUPSTORM_OTHERS("sched_yield", nullptr, int())
  TheScheduler()->Yield();
  return 0;
}

// ---- Mutexes.

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  HUPSTORM_OTHERS("pthread_mutex_lock", nullptr, int(pthread_mutex_t*), mutex)
  return LockMutex(mutex, -1);
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  HUPSTORM_OTHERS("pthread_mutex_trylock", nullptr, int(pthread_mutex_t*), mutex)
  return TryMutex(mutex);
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  HUPSTORM_OTHERS("pthread_mutex_unlock", nullptr, int(pthread_mutex_t*), mutex)
  const int error = ReleaseMutex(mutex);
  TheScheduler()->Point();
  return error;
}

int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock,
                            const timespec* until) noexcept {
  HUPSTORM_OTHERS("pthread_mutex_clocklock", nullptr,
                  int(pthread_mutex_t*, clockid_t, const timespec*), mutex, clock, until)
  return IsRefused(until) ? EINVAL : LockMutex(mutex, DeadlineOf(clock, until));
}

int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* until) noexcept {
  return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, until);
}

// ---- Condition variables.

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  HUPSTORM_OTHERS("pthread_cond_wait", "GLIBC_2.3.2", int(pthread_cond_t*, pthread_mutex_t*),
                  condition, mutex)
  return WaitAt(condition, mutex, -1);
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* until) {
  HUPSTORM_OTHERS("pthread_cond_clockwait", nullptr,
                  int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*), condition,
                  mutex, clock, until)
  return IsRefused(until) ? EINVAL : WaitAt(condition, mutex, DeadlineOf(clock, until));
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* until) {
  HUPSTORM_OTHERS("pthread_cond_timedwait", "GLIBC_2.3.2",
                  int(pthread_cond_t*, pthread_mutex_t*, const timespec*), condition, mutex, until)
  return pthread_cond_clockwait(condition, mutex, ClockOf(condition), until);
}

int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  HUPSTORM_OTHERS("pthread_cond_signal", "GLIBC_2.3.2", int(pthread_cond_t*), condition)
  WakeAt(condition, 1);
  return 0;
}

int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  HUPSTORM_OTHERS("pthread_cond_broadcast", "GLIBC_2.3.2", int(pthread_cond_t*), condition)
  WakeAt(condition, INT_MAX);
  return 0;
}

// ---- Once, barriers, and locks that spin.

// glibc's own would block for good if the thread that has begun is a context that does not run.
int pthread_once(pthread_once_t* once, void (*routine)()) {
  HUPSTORM_OTHERS("pthread_once", nullptr, int(pthread_once_t*, void (*)()), once, routine)
  enum State { kNew = 0, kBegun = 1, kDone = 2 };  // glibc's, but for its count of forks
  while ((*once & 3) == kBegun) TheScheduler()->Block(WaitFor::kOnce, once, -1);
  if (*once == kDone) return 0;
  *once = kBegun;
  routine();
  *once = kDone;
  WakeAt(once, INT_MAX);
  return 0;
}

int pthread_barrier_wait(pthread_barrier_t* barrier) noexcept {
  HUPSTORM_OTHERS("pthread_barrier_wait", nullptr, int(pthread_barrier_t*), barrier)
  struct Layout {  // glibc's struct pthread_barrier
    unsigned in;
    unsigned current_round;
    unsigned count;
  };
  auto& state = *reinterpret_cast<Layout*>(barrier);
  if (++state.in < state.count) {
    TheScheduler()->Block(WaitFor::kBarrier, barrier, -1);
    return 0;
  }
  state.in = 0;
  WakeAt(barrier, INT_MAX);
  return PTHREAD_BARRIER_SERIAL_THREAD;
}

int pthread_spin_lock(pthread_spinlock_t* lock) noexcept {
  HUPSTORM_OTHERS("pthread_spin_lock", nullptr, int(pthread_spinlock_t*), lock)
  return LockBy(WaitFor::kSpinLock, const_cast<const int*>(lock), -1,
                [lock] { return pthread_spin_trylock(lock); });
}

int pthread_spin_unlock(pthread_spinlock_t* lock) noexcept {
  static auto* const real = NextOf<int(pthread_spinlock_t*)>("pthread_spin_unlock");
  const int error = real(lock);
  WakeAt(const_cast<const int*>(lock), 1);
  return error;
}

// ---- Locks of readers and writers.

int pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock,
                               const timespec* until) noexcept {
  HUPSTORM_OTHERS("pthread_rwlock_clockrdlock", nullptr,
                  int(pthread_rwlock_t*, clockid_t, const timespec*), lock, clock, until)
  return LockBy(WaitFor::kReadLock, lock, DeadlineOf(clock, until),
                [lock] { return pthread_rwlock_tryrdlock(lock); });
}
int pthread_rwlock_timedrdlock(pthread_rwlock_t* lock, const timespec* until) noexcept {
  return pthread_rwlock_clockrdlock(lock, CLOCK_REALTIME, until);
}
int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  HUPSTORM_OTHERS("pthread_rwlock_rdlock", nullptr, int(pthread_rwlock_t*), lock)
  return LockBy(WaitFor::kReadLock, lock, -1, [lock] { return pthread_rwlock_tryrdlock(lock); });
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock,
                               const timespec* until) noexcept {
  HUPSTORM_OTHERS("pthread_rwlock_clockwrlock", nullptr,
                  int(pthread_rwlock_t*, clockid_t, const timespec*), lock, clock, until)
  return LockBy(WaitFor::kWriteLock, lock, DeadlineOf(clock, until),
                [lock] { return pthread_rwlock_trywrlock(lock); });
}
int pthread_rwlock_timedwrlock(pthread_rwlock_t* lock, const timespec* until) noexcept {
  return pthread_rwlock_clockwrlock(lock, CLOCK_REALTIME, until);
}
int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  HUPSTORM_OTHERS("pthread_rwlock_wrlock", nullptr, int(pthread_rwlock_t*), lock)
  return LockBy(WaitFor::kWriteLock, lock, -1, [lock] { return pthread_rwlock_trywrlock(lock); });
}

int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  static auto* const real = NextOf<int(pthread_rwlock_t*)>("pthread_rwlock_unlock");
  const int error = real(lock);
  if (error == 0) WakeAt(lock, INT_MAX);
  return error;
}

// ---- Semaphores.

int sem_clockwait(sem_t* semaphore, clockid_t clock, const timespec* until) {
  HUPSTORM_OTHERS("sem_clockwait", nullptr, int(sem_t*, clockid_t, const timespec*), semaphore,
                  clock, until)
  return TakeSemaphore(semaphore, DeadlineOf(clock, until));
}
int sem_timedwait(sem_t* semaphore, const timespec* until) {
  return sem_clockwait(semaphore, CLOCK_REALTIME, until);
}
int sem_wait(sem_t* semaphore) {
  HUPSTORM_OTHERS("sem_wait", nullptr, int(sem_t*), semaphore)
  return TakeSemaphore(semaphore, -1);
}

int sem_post(sem_t* semaphore) noexcept {
  static auto* const real = NextOf<int(sem_t*)>("sem_post");
  const int result = real(semaphore);
  if (result == 0) WakeAt(semaphore, 1);
  return result;
}

}  // extern "C"
