// A correct echo server that answers each block a minute later: sleeps_in_many_ways PORT. A thread
// a client; each sleeps in another way.

#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <iterator>
#include <mutex>
#include <thread>

#include "echo_service.h"

namespace {

constexpr timespec kMinute = {.tv_sec = 60, .tv_nsec = 0};

timespec InAMinute(clockid_t clock) {
  timespec end = {};
  clock_gettime(clock, &end);
  end.tv_sec += kMinute.tv_sec;
  return end;
}

void AtConditionVariable() {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, std::chrono::seconds(kMinute.tv_sec), [] { return false; });
}

void AtPosixCondition() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t never = PTHREAD_COND_INITIALIZER;
  const timespec end = InAMinute(CLOCK_REALTIME);
  pthread_mutex_lock(&mutex);
  while (pthread_cond_timedwait(&never, &mutex, &end) == 0) {
  }
  pthread_mutex_unlock(&mutex);
}

void AtC11Condition() {
  mtx_t mutex;
  cnd_t never;
  mtx_init(&mutex, mtx_plain);
  cnd_init(&never);
  const timespec end = InAMinute(CLOCK_REALTIME);
  mtx_lock(&mutex);
  while (cnd_timedwait(&never, &mutex, &end) == thrd_success) {
  }
  mtx_unlock(&mutex);
}

void AtMutex() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  const timespec end = InAMinute(CLOCK_REALTIME);
  pthread_mutex_lock(&mutex);
  pthread_mutex_timedlock(&mutex, &end);
}

void AtMutexByClock() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  const timespec end = InAMinute(CLOCK_MONOTONIC);
  pthread_mutex_lock(&mutex);
  pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &end);
}

void AtRwlock() {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  const timespec end = InAMinute(CLOCK_REALTIME);
  pthread_rwlock_rdlock(&lock);
  pthread_rwlock_timedwrlock(&lock, &end);
}

void AtSemaphore() {
  sem_t never;
  sem_init(&never, 0, 0);
  const timespec end = InAMinute(CLOCK_REALTIME);
  sem_timedwait(&never, &end);
}

void AtSemaphoreByClock() {
  sem_t never;
  sem_init(&never, 0, 0);
  const timespec end = InAMinute(CLOCK_MONOTONIC);
  sem_clockwait(&never, CLOCK_MONOTONIC, &end);
}

void AtFutex() {
  const int word = 0;
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &kMinute, nullptr, 0);
}

void ForSignal() {
  sigset_t none;
  sigemptyset(&none);
  sigaddset(&none, SIGUSR2);
  sigtimedwait(&none, nullptr, &kMinute);
}

// A timer that goes off in a minute, or at that time of `clock`.
timer_t NewTimer(clockid_t clock, int flags, sigevent event) {
  timer_t timer = {};
  if (timer_create(clock, &event, &timer) != 0) abort();
  itimerspec value = {};
  value.it_value = flags == TIMER_ABSTIME ? InAMinute(clock) : kMinute;
  if (timer_settime(timer, flags, &value, nullptr) != 0) abort();
  return timer;
}

void AwaitSignal(int number) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, number);
  sigwait(&signals, &number);
}

// Of all threads it alone may have it.
void ForAlarm() {
  alarm(static_cast<unsigned>(kMinute.tv_sec));
  AwaitSignal(SIGALRM);
}

void ForTimerOfProcess() {
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGRTMIN;
  const timer_t timer = NewTimer(CLOCK_REALTIME, TIMER_ABSTIME, event);
  AwaitSignal(SIGRTMIN);
  timer_delete(timer);
}

void ForTimerOfThread() {
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGUSR1;
  event._sigev_un._tid = gettid();
  const timer_t timer = NewTimer(CLOCK_MONOTONIC, 0, event);
  AwaitSignal(SIGUSR1);
  timer_delete(timer);
}

void ForThreadOfTimer() {
  sem_t over;
  sem_init(&over, 0, 0);
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_notify_function = [](sigval value) {
    sem_post(static_cast<sem_t*>(value.sival_ptr));
  };
  event.sigev_value.sival_ptr = &over;
  const timer_t timer = NewTimer(CLOCK_MONOTONIC, 0, event);
  sem_wait(&over);
  timer_delete(timer);
}

void UntilTimerIsOver() {
  sigevent event = {};
  event.sigev_notify = SIGEV_NONE;
  const timer_t timer = NewTimer(CLOCK_MONOTONIC, 0, event);
  itimerspec left = {};
  do {
    const timespec second = {.tv_sec = 1, .tv_nsec = 0};
    nanosleep(&second, nullptr);
    timer_gettime(timer, &left);
  } while (left.it_value.tv_sec != 0 || left.it_value.tv_nsec != 0);
  timer_delete(timer);
}

void InNanosleep() { clock_nanosleep(CLOCK_MONOTONIC, 0, &kMinute, nullptr); }

void InC11Sleep() { thrd_sleep(&kMinute, nullptr); }

void InSelect() {
  timeval minute = {.tv_sec = kMinute.tv_sec, .tv_usec = 0};
  select(0, nullptr, nullptr, nullptr, &minute);
}

void InPpoll() { ppoll(nullptr, 0, &kMinute, nullptr); }

void InEpoll() {
  const int epoll = epoll_create1(0);
  epoll_event event;
  epoll_wait(epoll, &event, 1, static_cast<int>(kMinute.tv_sec) * 1000);
  close(epoll);
}

constexpr void (*kWays[])() = {AtConditionVariable,
                               AtPosixCondition,
                               AtC11Condition,
                               AtMutex,
                               AtMutexByClock,
                               AtRwlock,
                               AtSemaphore,
                               AtSemaphoreByClock,
                               AtFutex,
                               ForSignal,
                               ForAlarm,
                               ForTimerOfProcess,
                               ForTimerOfThread,
                               ForThreadOfTimer,
                               UntilTimerIsOver,
                               InNanosleep,
                               InC11Sleep,
                               InSelect,
                               InPpoll,
                               InEpoll};

void Serve(int client, void (*sleep)()) {
  char block[64 * 1024];
  ssize_t count;
  while ((count = recv(client, block, sizeof block, 0)) > 0) {
    sleep();
    if (send(client, block, static_cast<size_t>(count), MSG_NOSIGNAL) < 0) break;
  }
  close(client);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int listener = Listen(argv[1]);
  if (listener < 0) return 1;
  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int number : {SIGALRM, SIGUSR1, SIGRTMIN}) sigaddset(&awaited, number);
  pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  for (size_t next = 0;; ++next) {
    const int client = accept(listener, nullptr, nullptr);
    if (client >= 0) std::thread(Serve, client, kWays[next % std::size(kWays)]).detach();
  }
}
