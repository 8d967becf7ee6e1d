// What the program does, into which the library was loaded, that is no call of the table: it ends,
// it is killed, it forks, or it does what the simulation cannot have.

#ifndef HUPSTORM_KERNEL_INSIDE_PROGRAM_H_
#define HUPSTORM_KERNEL_INSIDE_PROGRAM_H_

#include <pthread.h>
#include <sys/types.h>

#include <string_view>

namespace hupstorm::inside {

// Called as the harness (in_force.in_server is false).
class ProgramWatcher {
 public:
  virtual ~ProgramWatcher() = default;
  // It has called exit or _exit, or returned from main. If this returns, it ends.
  virtual void OnExit(int status) = 0;
  // A fault signal (IsFaultSignal) for which it has no handler, from its own code. If this returns,
  // it is killed.
  virtual void OnFault(int number) = 0;
  // It sends itself a signal that is no fault.
  virtual void OnSignalToItself(int number) = 0;
  // To one of its threads.
  virtual void OnSignalToThread(pthread_t thread, int number) = 0;
  // It is about to fork.
  virtual void OnFork() = 0;
  // It has done what the simulation does not have: `why` is a sentence, with "it" for the program.
  [[noreturn]] virtual void OnRefused(std::string_view why) = 0;
};

// A program and its threads have so many numbers (gettid(2)), one after the other.
inline constexpr pid_t kMostNumbers = 1000;

// From here on `watcher`, which is never destroyed, hears of what the program does. Called before
// main, as the harness. `pid`: what the program is told that its number is (getpid(2)), in each of
// the processes that are forked of it for scenarios.
void Watch(ProgramWatcher& watcher, pid_t pid);
// The one that watches; null for none.
ProgramWatcher* Watcher();

// The process that forked this one, if it runs on; 0 for none: only a program that goes into the
// background has forked, and its first process has ended.
int ForkingProcess();

// What the program is told; the number that Linux knows, if it is the harness that asks.
pid_t ProgramsPid();
// True for the program's number, and those of its threads.
bool IsProgramsPid(pid_t pid);
// For the program: true if it sends the signal to itself, and that has been done.
bool SendsItself(pid_t pid, int number);
bool SendsThread(pthread_t thread, int number);

// Signals that tell of a fault of the code which runs. Their handlers are Linux's to call: a Java
// machine lives on them.
bool IsFaultSignal(int number);
// OnFault is called from here on.
void WatchFaults();

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_PROGRAM_H_
