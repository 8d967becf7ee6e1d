#include "kernel/inside/threads/scheduler.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdlib>
#include <utility>

#include "kernel/in_force.h"
#include "kernel/inside/threads/waits.h"

namespace hupstorm::inside {
namespace {

constexpr size_t kIdleStack = 8 << 20;  // of address space
constexpr size_t kParkedBytes = 1024;   // below its frame, that a parked thread leaves free
constexpr size_t kMostThreads = 4096;
// Threads that spin on and on, whoever goes on, are left to it after so many turns.
constexpr int kMostTurnsOfSpin = 1000;
// A thread goes round in a loop if it is at instructions of so many bytes at so many ticks.
constexpr uintptr_t kLargestLoop = 4096;
constexpr int kTicksOfLoop = 8;

constinit Scheduler* the_scheduler = nullptr;

using Create = int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

// Without a function call: a parked thread's stack is lent to a context from the moment that it
// says so, and what a call would use of it, which is thousands of bytes if the dynamic linker has
// to look up the function, may be in use by then.
[[gnu::always_inline]] inline void Futex(std::atomic<int>* word, int operation, int value) {
  register long timeout __asm__("r10") = 0;
  long result = SYS_futex;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(word), "S"(static_cast<long>(operation)), "d"(static_cast<long>(value)),
                     "r"(timeout)
                   : "rcx", "r11", "memory");
}

// What a real thread tells of itself before it is parked.
struct Parking {
  void* stack = nullptr;
  uintptr_t thread_pointer = 0;
  int owner = 0;
  std::atomic<int> is_parked{0};
};

void* Park(void* argument) {
  const HarnessScope harness;
  auto* const parking = static_cast<Parking*>(argument);
  // Signals to the process are for the thread that all contexts run on.
  const uint64_t all = ~uint64_t{0};
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof all);
  parking->thread_pointer = ThreadPointer();
  parking->stack = static_cast<char*>(__builtin_frame_address(0)) - kParkedBytes;
  parking->owner = static_cast<int>(syscall(SYS_gettid));
  parking->is_parked = 1;
  Futex(&parking->is_parked, FUTEX_WAKE_PRIVATE, 1);
  static std::atomic<int> for_ever{0};
  while (true) Futex(&for_ever, FUTEX_WAIT_PRIVATE, 0);
}

}  // namespace

Scheduler* TheScheduler() { return the_scheduler; }

Scheduler::Scheduler(SchedulerHost& host) : host_(host) {
  threads_.push_back(std::make_unique<Thread>());
  threads_[0]->id = pthread_self();
  threads_[0]->context.thread_pointer = ThreadPointer();
  const long memory = syscall(SYS_mmap, nullptr, kIdleStack, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1L, 0L);
  if (memory == -1) std::abort();
  idle_ = NewContext(Idle, reinterpret_cast<char*>(memory) + kIdleStack, ThreadPointer());
  the_scheduler = this;
}

int Scheduler::Create(pthread_t* id, const pthread_attr_t* attributes, void* (*routine)(void*),
                      void* argument) {
  static auto* const real = NextOf<inside::Create>("pthread_create");
  if (threads_.size() >= kMostThreads) return EAGAIN;
  Parking parking;
  const int error = real(id, attributes, Park, &parking);
  if (error != 0) return error;
  while (parking.is_parked == 0) Futex(&parking.is_parked, FUTEX_WAIT_PRIVATE, 0);
  auto thread = std::make_unique<Thread>();
  thread->id = *id;
  thread->owner = parking.owner;
  thread->context = NewContext(Begin, parking.stack, parking.thread_pointer);
  thread->routine = routine;
  thread->argument = argument;
  int detached = PTHREAD_CREATE_JOINABLE;
  if (attributes != nullptr) pthread_attr_getdetachstate(attributes, &detached);
  thread->detached = detached == PTHREAD_CREATE_DETACHED;
  if (schedule_.is_random()) thread->priority = schedule_.DrawPriority();
  threads_.push_back(std::move(thread));
  ++living_;
  host_.OnCreate();
  return 0;
}

int Scheduler::owner() const {
  return current_ == 0 ? getpid() : threads_[static_cast<size_t>(current_)]->owner;
}

void Scheduler::Begin() {
  Scheduler& scheduler = *the_scheduler;
  scheduler.host_.OnBegin();
  scheduler.host_.OnSwitch(scheduler.current_);
  const Thread& thread = scheduler.Current();
  in_force.in_server = true;
  EndThread(RunUntilExit(thread.routine, thread.argument));
}

void Scheduler::Exit(void* result) {
  Thread& thread = Current();
  thread.result = result;
  thread.state = State::kEnded;
  --living_;
  Wake(&thread, INT_MAX);
  Yield();
  std::abort();  // not reached
}

int Scheduler::Join(pthread_t id, void** result, int64_t deadline_ns) {
  Thread* const thread = Find(id);
  if (thread == nullptr) return ESRCH;
  if (thread->detached) return EINVAL;
  if (thread == &Current()) return EDEADLK;
  while (thread->state != State::kEnded) {
    const Woken woken = Block(WaitFor::kJoin, thread, deadline_ns);
    if (woken == Woken::kByTime) return ETIMEDOUT;
    if (woken == Woken::kByCancel) return ECANCELED;
  }
  thread->joined = true;
  if (result != nullptr) *result = thread->result;
  return 0;
}

int Scheduler::Detach(pthread_t id) {
  Thread* const thread = Find(id);
  if (thread == nullptr) return ESRCH;
  if (thread->detached) return EINVAL;
  thread->detached = true;
  return 0;
}

int Scheduler::Cancel(pthread_t id) {
  Thread* const thread = Find(id);
  if (thread == nullptr) return ESRCH;
  thread->cancel.is_asked = true;
  any_cancelled_ = true;
  if (!thread->cancel.IsDue()) return 0;
  const bool is_point = thread->what == WaitFor::kCondition ||
                        thread->what == WaitFor::kSemaphore || thread->what == WaitFor::kJoin;
  if (thread->state == State::kInCall) {
    thread->state = State::kReady;
  } else if (thread->state == State::kBlocked && is_point) {
    thread->woken = Woken::kByCancel;
    thread->state = State::kReady;
  }
  return 0;
}

Scheduler::Woken Scheduler::Block(WaitFor what, const void* address, int64_t deadline_ns) {
  Thread& thread = Current();
  thread.state = State::kBlocked;
  thread.address = address;
  thread.since = ++blocked_so_far_;
  thread.deadline_ns = deadline_ns;
  thread.what = what;
  thread.woken = Woken::kByAnother;
  Yield();
  return thread.woken;
}

void Scheduler::Interrupt(int number) {
  Thread& thread = *threads_[static_cast<size_t>(number)];
  if (thread.state == State::kInCall) thread.state = State::kReady;
  const bool is_interrupted = thread.what == WaitFor::kSemaphore || thread.what == WaitFor::kFutex;
  if (thread.state != State::kBlocked || !is_interrupted) return;
  thread.woken = Woken::kBySignal;
  thread.state = State::kReady;
}

int Scheduler::Wake(const void* address, int most) {
  int woken = 0;
  while (woken < most) {
    Thread* first = nullptr;
    for (const auto& thread : threads_) {
      if (thread->state == State::kBlocked && thread->address == address &&
          (first == nullptr || thread->since < first->since)) {
        first = thread.get();
      }
    }
    if (first == nullptr) break;
    first->state = State::kReady;
    ++woken;
  }
  return woken;
}

void Scheduler::Yield() {
  if (schedule_.is_random()) Current().priority = schedule_.Lowest();
  SwitchTo(NextReady());
}

void Scheduler::YieldAtWait() {
  if (!schedule_.is_random() || schedule_.ChangesAtWait()) return Yield();
  TakeTurns();
}

void Scheduler::Tick(uintptr_t at) {
  if (std::exchange(calls_at_tick_, calls_) != calls_) {
    spins_in_turn_ = 0;
    for (const auto& thread : threads_) thread->ticks = 0;
    return;
  }
  if (is_idle_ || host_.IsInCall() || spins_in_turn_ >= kMostTurnsOfSpin) return;
  Thread& thread = Current();
  if (thread.ticks++ == 0) thread.first_instruction = thread.last_instruction = at;
  thread.first_instruction = std::min(thread.first_instruction, at);
  thread.last_instruction = std::max(thread.last_instruction, at);
  FireDeadlines();
  if (has_news_) WakeSleepers();
  if (schedule_.is_random()) thread.priority = schedule_.Lowest();
  const int next = NextReady();
  if (next != current_) {
    ++spins_in_turn_;
    host_.OnSpin();
  }
  const bool rests = host_.IsKnownToSpin() && DoAllLoop();
  if (next == current_ && !rests) return;
  ++switches_by_time_;
  if (!rests) return SwitchTo(next);
  for (const auto& other : threads_) {
    other->ticks = 0;
    if (other->state == State::kReady) other->state = State::kSpins;
  }
  spins_in_turn_ = 0;
  SwitchTo(-1);
}

// All that could run.
bool Scheduler::DoAllLoop() const {
  return std::all_of(threads_.begin(), threads_.end(), [](const auto& thread) {
    return thread->state != State::kReady ||
           (thread->ticks >= kTicksOfLoop &&
            thread->last_instruction - thread->first_instruction <= kLargestLoop);
  });
}

void Scheduler::Follow(uint32_t schedule) {
  switches_by_time_ = 0;
  schedule_.Start(schedule);
  if (!schedule_.is_random()) return;
  for (const auto& thread : threads_) {
    // Those that have ended leave no trace in the order of the others.
    if (thread->state != State::kEnded) thread->priority = schedule_.DrawPriority();
  }
}

void Scheduler::TakeTurns() {
  // A handler of signals runs on the storage of a thread that is in the middle of something.
  if (is_idle_ || host_.IsInCall()) return;
  if (has_news_) WakeSleepers();
  if (schedule_.ChangesHere()) Current().priority = schedule_.Lowest();
  SwitchTo(NextReady());
}

void Scheduler::SleepInCall(Call call, int fd, int64_t deadline_ns, void* sleeping) {
  Thread& thread = Current();
  thread.state = State::kInCall;
  thread.sleep = {
      .thread = current_, .call = call, .fd = fd, .deadline_ns = deadline_ns, .state = sleeping};
  thread.deadline_ns = deadline_ns;
  Yield();
  thread.sleep.state = nullptr;
}

void Scheduler::WakeSleepers() {
  has_news_ = false;
  for (const auto& thread : threads_) {
    const bool looks = thread->state == State::kInCall || thread->state == State::kSpins;
    if (looks) thread->state = State::kReady;
  }
}

std::vector<SleepingThread> Scheduler::Sleepers() const {
  std::vector<SleepingThread> sleepers;
  for (const auto& thread : threads_) {
    if (thread->state == State::kInCall) sleepers.push_back(thread->sleep);
  }
  return sleepers;
}

int Scheduler::NumberOf(pthread_t id) const {
  // The last with that id: glibc gives the storage of one that has been joined to another.
  for (size_t i = threads_.size(); i-- > 0;) {
    if (threads_[i]->id == id && !threads_[i]->joined) return static_cast<int>(i);
  }
  return -1;
}

Scheduler::Thread* Scheduler::Find(pthread_t id) const {
  const int number = NumberOf(id);
  return number < 0 ? nullptr : threads_[static_cast<size_t>(number)].get();
}

int Scheduler::HighestReady() const {
  int highest = -1;
  for (size_t i = 0; i < threads_.size(); ++i) {
    if (threads_[i]->state != State::kReady) continue;
    if (highest >= 0 && threads_[i]->priority < threads_[static_cast<size_t>(highest)]->priority) {
      continue;
    }
    highest = static_cast<int>(i);
  }
  return highest;
}

// The next that can run, in turn after the current one; the current one last. In a random order
// that of the highest priority.
int Scheduler::NextReady() const {
  if (schedule_.is_random()) return HighestReady();
  const auto count = static_cast<int>(threads_.size());
  for (int i = 1; i <= count; ++i) {
    const int at = (current_ + i) % count;
    if (threads_[static_cast<size_t>(at)]->state == State::kReady) return at;
  }
  return -1;
}

void Scheduler::FireDeadlines() {
  const int64_t now = host_.now_ns();
  for (const auto& thread : threads_) {
    const bool waits = thread->state == State::kBlocked || thread->state == State::kInCall;
    if (!waits || thread->deadline_ns < 0 || thread->deadline_ns > now) continue;
    if (thread->state == State::kBlocked) thread->woken = Woken::kByTime;
    thread->state = State::kReady;
  }
}

int64_t Scheduler::FirstDeadline() const {
  int64_t first = -1;
  for (const auto& thread : threads_) {
    const bool waits = thread->state == State::kBlocked || thread->state == State::kInCall;
    if (!waits || thread->deadline_ns < 0) continue;
    if (first < 0 || thread->deadline_ns < first) first = thread->deadline_ns;
  }
  return first;
}

// Goes on with another thread, or with Idle (-1); returns when something goes on with this one.
void Scheduler::SwitchTo(int next) {
  if (next == current_) return;
  Context& mine = Current().context;
  if (next >= 0) current_ = next;
  SwitchContext(mine, next >= 0 ? Current().context : idle_);
  host_.OnSwitch(current_);
}

// Runs while no thread can.
void Scheduler::Idle() {
  Scheduler& scheduler = *the_scheduler;
  while (true) {
    scheduler.FireDeadlines();
    const int next = scheduler.NextReady();
    if (next >= 0) {
      scheduler.current_ = next;
      SwitchContext(scheduler.idle_, scheduler.Current().context);
      continue;
    }
    if (scheduler.has_news_) {
      scheduler.WakeSleepers();
      continue;
    }
    {
      // On the first thread's storage: it may sleep in code of the program's, in pthread_join say.
      const HarnessScope harness;
      scheduler.is_idle_ = true;
      scheduler.host_.OnAllBlocked(scheduler.FirstDeadline());
      scheduler.is_idle_ = false;
    }
    scheduler.WakeSleepers();
  }
}

}  // namespace hupstorm::inside
