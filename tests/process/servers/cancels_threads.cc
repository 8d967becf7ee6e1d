// Cancels threads in what is a cancellation point and in what is none, and ends with an error, and
// a line on standard error, unless all went as pthreads(7) has it; then it is an echo server: takes
// the port, or "check" to end before it serves. Compiled twice: without exceptions
// pthread_cleanup_push is that of C.

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "echo_service.h"

namespace {

int failures = 0;

void Check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "it does not hold: %s\n", what);
  ++failures;
}

// ---- What threads do until they are cancelled.

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t news = PTHREAD_COND_INITIALIZER;
sem_t nothing;
int silent[2];  // a pair of sockets that say nothing
int listener = -1;
std::atomic<int> steps{0};
std::atomic<bool> may_go_on{false};
pthread_t endless;

void AwaitNews() {
  pthread_mutex_lock(&mutex);
  while (true) pthread_cond_wait(&news, &mutex);
}
void AwaitNewsInTime() {
  pthread_mutex_lock(&mutex);
  timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 3600;
  while (true) pthread_cond_timedwait(&news, &mutex, &until);
}
void AwaitSemaphore() { sem_wait(&nothing); }
void AwaitEnd() { pthread_join(endless, nullptr); }
void AwaitBytes() {
  char byte;
  recv(silent[0], &byte, 1, 0);
}
void ReadBytes() {
  char byte;
  if (read(silent[0], &byte, 1) == 0) std::abort();
}
void AwaitClient() { accept(listener, nullptr, nullptr); }
void AwaitAny() {
  pollfd watched = {silent[0], POLLIN, 0};
  poll(&watched, 1, -1);
}
void AwaitEvents() {
  const int epoll = epoll_create1(0);
  epoll_event event;
  epoll_wait(epoll, &event, 1, -1);
}
void Sleep() { sleep(3600); }
void AskOnAndOn() {
  while (true) {
    pthread_testcancel();
    sched_yield();
  }
}
// A mutex is no cancellation point.
void LockFirst() {
  pthread_mutex_lock(&mutex);
  ++steps;
  pthread_mutex_unlock(&mutex);
  sem_wait(&nothing);
}
void BeDisabledFirst() {
  int former = -1;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &former);
  Check(former == PTHREAD_CANCEL_ENABLE, "threads can be cancelled at first");
  while (!may_go_on) usleep(1000);
  ++steps;
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &former);
  Check(former == PTHREAD_CANCEL_DISABLE, "the former state is told");
  pthread_testcancel();
}
void CancelMyself() {
  int former = -1;
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &former);
  Check(former == PTHREAD_CANCEL_DEFERRED, "cancellation is deferred at first");
  pthread_cancel(pthread_self());
}
void Exit() { pthread_exit(&steps); }

// ---- Around them.

std::atomic<int> cleaned{0};  // by handlers, the last one added first: 2, then 1
pthread_key_t key;
std::atomic<int> destroyed{0};

void CleanOuter(void*) {
  if (cleaned == 2) cleaned = 3;
}
void CleanInner(void*) {
  if (cleaned == 0) cleaned = 2;
}
void Unlock(void*) {
  // A wait at a condition variable ends with the mutex held.
  if (pthread_mutex_trylock(&mutex) == EBUSY) pthread_mutex_unlock(&mutex);
}
void Destroy(void*) { ++destroyed; }

#ifdef __EXCEPTIONS
constexpr int kDestroyed = 2;  // a local and the key's value
struct Local {
  ~Local() { ++destroyed; }
};
#else
constexpr int kDestroyed = 1;
struct Local {};
#endif

void* Run(void* body) {
  pthread_setspecific(key, &key);
  [[maybe_unused]] const Local local;
  pthread_cleanup_push(CleanOuter, nullptr);
  pthread_cleanup_push(CleanInner, nullptr);
  reinterpret_cast<void (*)()>(body)();
  Check(false, "the thread ends in what it does");
  pthread_cleanup_pop(0);
  pthread_cleanup_pop(0);
  return nullptr;
}

void* RunAndUnlock(void* body) {
  pthread_cleanup_push(Unlock, nullptr);
  Run(body);
  pthread_cleanup_pop(0);
  return nullptr;
}

pthread_t Start(void (*body)(), void* (*around)(void*) = Run) {
  pthread_t thread;
  cleaned = destroyed = 0;
  pthread_create(&thread, nullptr, around, reinterpret_cast<void*>(body));
  return thread;
}

void CheckEnd(pthread_t thread, const char* what, void* expected = PTHREAD_CANCELED) {
  void* result = nullptr;
  Check(pthread_join(thread, &result) == 0 && result == expected, what);
  Check(cleaned == 3, "handlers run, the last first");
  Check(destroyed == kDestroyed, "destructors of locals and of keys run");
}

void CheckCancelled(void (*body)(), const char* what, void* (*around)(void*) = Run) {
  const pthread_t thread = Start(body, around);
  Check(pthread_cancel(thread) == 0, "a thread can be cancelled");
  CheckEnd(thread, what);
}

void CheckAll(int own_listener) {
  listener = own_listener;
  sem_init(&nothing, 0, 0);
  socketpair(AF_UNIX, SOCK_STREAM, 0, silent);
  pthread_key_create(&key, Destroy);
  endless = Start(Sleep);

  CheckCancelled(AwaitNews, "pthread_cond_wait is a cancellation point", RunAndUnlock);
  Check(pthread_mutex_trylock(&mutex) == 0, "its handler has unlocked the mutex");
  pthread_mutex_unlock(&mutex);
  CheckCancelled(AwaitNewsInTime, "pthread_cond_timedwait is one", RunAndUnlock);
  CheckCancelled(AwaitSemaphore, "sem_wait is one");
  CheckCancelled(AwaitEnd, "pthread_join is one");
  CheckCancelled(AwaitBytes, "recv is one");
  CheckCancelled(ReadBytes, "read is one");
  CheckCancelled(AwaitClient, "accept is one");
  CheckCancelled(AwaitAny, "poll is one");
  CheckCancelled(AwaitEvents, "epoll_wait is one");
  CheckCancelled(Sleep, "sleep is one");
  CheckCancelled(AskOnAndOn, "pthread_testcancel is one");

  // The others have slept for a while when they are cancelled.
  for (void (*const body)() : {AwaitSemaphore, AwaitBytes, AwaitClient, AwaitAny, Sleep}) {
    const pthread_t thread = Start(body);
    usleep(2000);
    pthread_cancel(thread);
    CheckEnd(thread, "what a thread sleeps in ends");
  }

  pthread_mutex_lock(&mutex);
  const pthread_t locking = Start(LockFirst);
  usleep(2000);
  pthread_cancel(locking);
  pthread_mutex_unlock(&mutex);
  CheckEnd(locking, "the thread ends behind the mutex");
  Check(steps == 1, "pthread_mutex_lock is no cancellation point");

  const pthread_t disabled = Start(BeDisabledFirst);
  usleep(2000);  // until it is
  pthread_cancel(disabled);
  may_go_on = true;
  CheckEnd(disabled, "a cancellation waits until it is enabled");
  Check(steps == 2, "and not before");

  CheckEnd(Start(CancelMyself), "a thread can cancel itself");
  CheckEnd(Start(Exit), "pthread_exit runs handlers too", &steps);
  pthread_cancel(endless);
  Check(pthread_join(endless, nullptr) == 0, "a join that was cancelled leaves the thread");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const bool checks_only = std::string_view(argv[1]) == "check";
  const int fd = Listen(checks_only ? "0" : argv[1]);
  CheckAll(fd);
  if (failures > 0) return 3;
  if (checks_only) return 0;
  while (true) {
    const int client = accept(fd, nullptr, nullptr);
    if (client < 0) continue;
    Echo(client);
    close(client);
  }
}
