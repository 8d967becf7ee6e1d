#include "scenarios/worlds/fault_stack.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include "kernel/fault_handlers.h"
#include "kernel/in_force.h"

namespace hupstorm {

constinit const void* below_server = nullptr;

namespace {

constexpr int kFaults[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};

StackWalk* noted = nullptr;

void TakeFault(int number, siginfo_t*, void*) {
  const bool is_servers = in_force.in_server;
  const HarnessScope harness;
  const void* const below = std::exchange(below_server, nullptr);
  if (is_servers && below != nullptr) WalkFromFault(*noted, below);
  LetFaultKill(number);
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
}

}  // namespace

void NoteFaults(StackWalk& stack) {
  noted = &stack;
  ProvideHandlerStack();
  HandleFaults(kFaults, TakeFault);
}

}  // namespace hupstorm
