#include "scenarios/worlds/fault_stack.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include "kernel/host_kernel.h"
#include "kernel/in_force.h"

namespace hupstorm {

constinit const void* below_server = nullptr;

namespace {

constexpr int kFaults[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};
// The server's own may be what has overflowed.
constexpr size_t kHandlerStack = 64 << 10;

StackWalk* noted = nullptr;

void TakeFault(int number, siginfo_t*, void*) {
  const bool is_servers = in_force.in_server;
  const HarnessScope harness;
  const void* const below = std::exchange(below_server, nullptr);
  if (is_servers && below != nullptr) WalkFromFault(*noted, below);
  HostKernel host;
  struct sigaction fatal {};
  fatal.sa_handler = SIG_DFL;
  Invoke<Call::kSigaction>(host, number, &fatal, nullptr);
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
}

}  // namespace

void NoteFaults(StackWalk& stack) {
  noted = &stack;
  stack_t current = {};
  sigaltstack(nullptr, &current);
  if ((current.ss_flags & SS_DISABLE) != 0) {
    void* const memory =
        mmap(nullptr, kHandlerStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const stack_t own = {.ss_sp = memory, .ss_flags = 0, .ss_size = kHandlerStack};
    if (memory != MAP_FAILED) sigaltstack(&own, nullptr);
  }
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

}  // namespace hupstorm
