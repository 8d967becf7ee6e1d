#include "kernel/fault_handlers.h"

#include <sys/mman.h>

#include <cstddef>

#include "kernel/host_kernel.h"

namespace hupstorm {

void HandleFaults(std::span<const int> faults, FaultHandler handler) {
  HostKernel host;
  for (const int fault : faults) {
    struct sigaction action {};
    Invoke<Call::kSigaction>(host, fault, nullptr, &action);
    if ((action.sa_flags & SA_SIGINFO) != 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    Invoke<Call::kSigaction>(host, fault, &action, nullptr);
  }
}

void ProvideHandlerStack() {
  constexpr size_t kBytes = 64 << 10;
  stack_t current = {};
  sigaltstack(nullptr, &current);
  if ((current.ss_flags & SS_DISABLE) == 0) return;
  void* const memory =
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const stack_t own = {.ss_sp = memory, .ss_flags = 0, .ss_size = kBytes};
  if (memory != MAP_FAILED) sigaltstack(&own, nullptr);
}

void LetFaultKill(int number) {
  HostKernel host;
  struct sigaction fatal {};
  fatal.sa_handler = SIG_DFL;
  Invoke<Call::kSigaction>(host, number, &fatal, nullptr);
}

}  // namespace hupstorm
