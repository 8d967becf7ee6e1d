#include "kernel/linux/preload/faults.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/fault_handlers.h"
#include "kernel/in_force.h"
#include "kernel/linux/preload/enlisted_thread.h"
#include "kernel/stacks/stack_walk.h"

namespace hupstorm::preload {
namespace {

constexpr int kFaults[] = {SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};

// The process dies of it in any case: at the same instruction once more, or by the signal that it
// or somebody else has sent.
void TakeFault(int number, siginfo_t* info, void*) {
  const HarnessScope harness;
  StackWalk* const death = DeathOfThisProcess();
  if (death != nullptr && death->size == 0) WalkToServer(*death);
  LetFaultKill(number);
  if (info->si_code <= 0) syscall(SYS_tgkill, syscall(SYS_getpid), syscall(SYS_gettid), number);
}

}  // namespace

void WatchFaults() { HandleFaults(kFaults, TakeFault); }

void KeepStackOfExit() {
  const HarnessScope harness;
  StackWalk* const death = DeathOfThisProcess();
  if (death != nullptr && death->size == 0) WalkToServer(*death);
}

}  // namespace hupstorm::preload
