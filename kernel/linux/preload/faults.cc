#include "kernel/linux/preload/faults.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/host_kernel.h"
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
  HostKernel host;
  struct sigaction fatal {};
  fatal.sa_handler = SIG_DFL;
  Invoke<Call::kSigaction>(host, number, &fatal, nullptr);
  if (info->si_code <= 0) syscall(SYS_tgkill, syscall(SYS_getpid), syscall(SYS_gettid), number);
}

}  // namespace

void WatchFaults() {
  HostKernel host;
  for (const int fault : kFaults) {
    struct sigaction action {};
    Invoke<Call::kSigaction>(host, fault, nullptr, &action);
    if ((action.sa_flags & SA_SIGINFO) != 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_sigaction = TakeFault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    Invoke<Call::kSigaction>(host, fault, &action, nullptr);
  }
}

void KeepStackOfExit() {
  const HarnessScope harness;
  StackWalk* const death = DeathOfThisProcess();
  if (death != nullptr && death->size == 0) WalkToServer(*death);
}

}  // namespace hupstorm::preload
