// The threads of a program as contexts that take turns on one OS thread: one runs until it blocks,
// or as a schedule has it. So a run is the same each time, and fork keeps them all.
//
// A thread's stack and thread-local storage are those of a real thread, which glibc has made and
// which is parked for ever; its context is lent them.

#ifndef HUPSTORM_KERNEL_INSIDE_THREADS_SCHEDULER_H_
#define HUPSTORM_KERNEL_INSIDE_THREADS_SCHEDULER_H_

#include <pthread.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/call_table.h"
#include "kernel/inside/threads/context.h"
#include "kernel/inside/threads/program_clock.h"
#include "kernel/inside/threads/schedule.h"

namespace hupstorm::inside {

// A call that a thread sleeps in.
struct SleepingThread {
  int thread = 0;
  Call call = Call::kPoll;
  int fd = -1;
  int64_t deadline_ns = -1;
  void* state = nullptr;  // SimulatedKernel::ExchangeSleepingCall
};

// What a thread blocks at, and has to be woken by another from.
enum class WaitFor : uint8_t {
  kMutex,
  kReadLock,
  kWriteLock,
  kSpinLock,
  kCondition,
  kSemaphore,
  kFutex,
  kBarrier,
  kOnce,
  kJoin  // the address is the scheduler's
};

// A thread that blocks at something.
struct BlockedThread {
  int thread = 0;
  WaitFor what = WaitFor::kFutex;
  const void* address = nullptr;
  int64_t deadline_ns = -1;
  int waits_for = -1;  // the thread that holds it or is to end; -1: not known
};

// Of one thread, as pthread_cancel(3) has it.
struct Cancellation {
  bool is_asked = false;
  bool is_enabled = true;  // not once the thread ends
  bool is_asynchronous = false;
  void* result = nullptr;  // of pthread_exit

  bool IsDue() const { return is_asked && is_enabled; }
};

// What the scheduler asks of the world.
class SchedulerHost : public virtual ProgramClock {
 public:
  // No thread can run, `deadline_ns` is when the first of them times out, -1 for never. Lets
  // something happen, or does not return. On a stack of its own, as the harness.
  virtual void OnAllBlocked(int64_t deadline_ns) = 0;
  // Another thread goes on: `number`, 0 for the first.
  virtual void OnSwitch(int number) = 0;
  // A thread has been made.
  virtual void OnCreate() = 0;
  // The current thread spins, and another is about to go on.
  virtual void OnSpin() = 0;
  // Threads of the program have done so before.
  virtual bool IsKnownToSpin() const = 0;
  // A new thread is about to begin; called in it.
  virtual void OnBegin() = 0;
  // The current thread is in the middle of a call, of which a handler of signals runs.
  virtual bool IsInCall() const = 0;
};

class Scheduler {
 public:
  // There is one in a process, never destroyed. The calling thread is number 0.
  explicit Scheduler(SchedulerHost& host);

  // The program has made a thread.
  bool has_threads() const { return threads_.size() > 1; }
  int current() const { return current_; }
  int living() const { return living_; }
  int made() const { return static_cast<int>(threads_.size()); }
  // "3", "3 worker" if it has been given a name; 0 is the first.
  std::string LabelOf(int thread) const;
  void SetName(std::string_view name) { Current().name = name; }
  // pthread_setname_np, pthread_getname_np: an errno, or 0.
  int SetName(pthread_t id, std::string_view name);
  int GetName(pthread_t id, std::string& name) const;
  // What glibc's mutexes take for the current thread's number: its tid, or that of the real thread
  // that it is lent from.
  int owner() const;
  SchedulerHost& host() { return host_; }

  // pthread_create. An errno, or 0.
  int Create(pthread_t* id, const pthread_attr_t* attributes, void* (*routine)(void*),
             void* argument);
  // The current thread ends.
  [[noreturn]] void Exit(void* result);
  // pthread_join until `deadline_ns` (-1: for ever), pthread_detach: an errno, or 0.
  int Join(pthread_t id, void** result, int64_t deadline_ns);
  int Detach(pthread_t id);

  // pthread_cancel: an errno, or 0. Ends what the thread sleeps in, if that is a cancellation
  // point.
  int Cancel(pthread_t id);
  Cancellation& cancellation() { return Current().cancel; }
  // The current thread is to end at its next cancellation point.
  bool IsCancelled() { return any_cancelled_ && Current().cancel.IsDue(); }

  enum class Woken : uint8_t { kByAnother, kByTime, kBySignal, kByCancel };
  // Blocks on an address, as a futex does, until `deadline_ns` (-1: for ever). A signal ends it for
  // those that it interrupts on Linux: kSemaphore, kFutex.
  Woken Block(WaitFor what, const void* address, int64_t deadline_ns);
  // A handler has run in the first thread.
  void Interrupt(int number);
  // The thread with that id; -1 for one that is not known.
  int NumberOf(pthread_t id) const;
  // `sleeping` of the call that it sleeps in; null if it does not.
  void* SleepingCallOf(int number) const {
    return threads_[static_cast<size_t>(number)]->sleep.state;
  }
  // Wakes so many of those that have waited longest; how many it were.
  int Wake(const void* address, int most);
  // Lets others run, until the current thread can go on and its turn has come.
  void Yield();
  // The same before a call that waits, and would block if it were not for what is ready.
  void YieldAtWait();

  // From here on the order of threads is that of a seed (schedule.h), 0: each runs until it blocks.
  void Follow(uint32_t schedule);
  // The current thread is about to do what others may notice, or has done it: another may go on.
  void Point() {
    if (schedule_.is_random()) TakeTurns();
  }

  // The current thread sleeps in a call, until all sleepers are to look again or its deadline has
  // passed.
  void SleepInCall(Call call, int fd, int64_t deadline_ns, void* sleeping);
  // All that sleep in a call look again.
  void WakeSleepers();
  // A thread makes a call: those that sleep in one may find something now.
  void NoteCall() {
    has_news_ = true;
    ++calls_;
  }
  // The processor's clock has ticked in the middle of the program's own code, at the instruction
  // `at`: if there was no call since the tick before, another thread goes on. If all that do not
  // sleep, in a program that is known to spin, go round in loops for several ticks, it is at rest:
  // what they wait for is to come from outside.
  void Tick(uintptr_t at);
  // How often one did since Follow.
  int switches_by_time() const { return switches_by_time_; }
  std::vector<SleepingThread> Sleepers() const;
  // Those that block elsewhere.
  std::vector<BlockedThread> Blocked() const;

 private:
  enum class State : uint8_t { kReady, kBlocked, kInCall, kSpins, kEnded };
  struct Thread {
    State state = State::kReady;
    Context context;
    pthread_t id = 0;
    int owner = 0;
    bool detached = false;
    bool joined = false;
    int64_t priority = 0;  // in a random order
    std::string name;
    Cancellation cancel;
    int ticks = 0;  // since any thread made a call, at instructions in this range
    uintptr_t first_instruction = 0;
    uintptr_t last_instruction = 0;
    Woken woken = Woken::kByAnother;
    WaitFor what = WaitFor::kFutex;
    const void* address = nullptr;  // that it blocks on
    uint64_t since = 0;             // in the order of blocking
    int64_t deadline_ns = -1;
    SleepingThread sleep;
    void* (*routine)(void*) = nullptr;
    void* argument = nullptr;
    void* result = nullptr;
  };

  static void Begin();
  static void Idle();
  Thread& Current() { return *threads_[static_cast<size_t>(current_)]; }
  Thread* Find(pthread_t id) const;
  int HolderOf(const Thread& thread) const;
  int NextReady() const;
  int HighestReady() const;
  void TakeTurns();
  bool DoAllLoop() const;
  void FireDeadlines();
  int64_t FirstDeadline() const;
  void SwitchTo(int next);

  SchedulerHost& host_;
  std::vector<std::unique_ptr<Thread>> threads_;
  int current_ = 0;
  int living_ = 1;
  uint64_t blocked_so_far_ = 0;
  bool has_news_ = false;
  bool any_cancelled_ = false;  // a thread, so far
  uint64_t calls_ = 0;
  uint64_t calls_at_tick_ = 0;
  int spins_in_turn_ = 0;  // switches by time, since the last call
  int switches_by_time_ = 0;
  bool is_idle_ = false;  // no thread runs, but for a handler of signals
  Schedule schedule_;
  Context idle_;
};

// Null before the program's first thread is to be made or waited for.
Scheduler* TheScheduler();

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_THREADS_SCHEDULER_H_
