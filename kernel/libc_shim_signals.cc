// libc's signal handlers. See libc_shim.h.
//
// The server's handlers go to the kernel in force. The harness' own are really installed, and may
// run at any moment, while the server's code does too: libFuzzer's alarm, which reads the clock to
// see whether a run takes too long. So each is wrapped to run as the harness.

#include <signal.h>
#include <sys/signalfd.h>

#include <atomic>

#include "kernel/libc_shim.h"

using hupstorm::Call;
using hupstorm::HarnessScope;
using hupstorm::HostKernel;
using hupstorm::Invoke;
using hupstorm::NewCall;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

namespace {

constexpr int kSignals = 65;  // numbers run from 1 to 64

// The harness' own handlers, by signal. `has_info` says which of the two forms `address` has.
struct Handler {
  std::atomic<void*> address{nullptr};
  std::atomic<bool> has_info{false};
};
constinit Handler handlers[kSignals];

void RunAsHarness(int number, siginfo_t* info, void* context) {
  const HarnessScope harness;
  void* const address = handlers[number].address.load();
  if (handlers[number].has_info.load()) {
    reinterpret_cast<void (*)(int, siginfo_t*, void*)>(address)(number, info, context);
  } else {
    reinterpret_cast<void (*)(int)>(address)(number);
  }
}

bool IsFunction(const struct sigaction& action) {
  return action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
}

// Installs the harness' handler in its wrapper; shows the former one without.
int InstallForHarness(int number, const struct sigaction* action, struct sigaction* old) {
  HostKernel host;
  if (number <= 0 || number >= kSignals) {
    return Invoke<Call::kSigaction>(host, number, action, old);
  }
  Handler& handler = handlers[number];
  void* const former_address = handler.address.load();
  const bool former_has_info = handler.has_info.load();
  struct sigaction wrapped {};
  if (action != nullptr) {
    wrapped = *action;
    if (IsFunction(*action)) {
      // First, so that a signal which comes in between finds a handler; a call that then fails
      // leaves one that nothing leads to.
      handler.has_info.store((action->sa_flags & SA_SIGINFO) != 0);
      handler.address.store(reinterpret_cast<void*>(action->sa_sigaction));
      wrapped.sa_sigaction = RunAsHarness;
      wrapped.sa_flags |= SA_SIGINFO;
    }
  }
  struct sigaction former {};
  const int result =
      Invoke<Call::kSigaction>(host, number, action == nullptr ? nullptr : &wrapped, &former);
  if (result == -1 || old == nullptr) return result;
  *old = former;
  if (IsFunction(former) && former.sa_sigaction == RunAsHarness) {
    old->sa_sigaction = reinterpret_cast<void (*)(int, siginfo_t*, void*)>(former_address);
    if (!former_has_info) old->sa_flags &= ~SA_SIGINFO;
  }
  return result;
}

}  // namespace

extern "C" {

int sigaction(int number, const struct sigaction* action, struct sigaction* old) noexcept {
  if (IsServersCall()) return Dispatch<Call::kSigaction>(number, action, old);
  CheckMemory(NewCall<Call::kSigaction>(number, action, old));
  return InstallForHarness(number, action, old);
}

int signalfd(int fd, const sigset_t* mask, int flags) noexcept {
  constexpr size_t kKernelSigsetBytes = 8;  // Linux's sigset_t; glibc's is larger
  return Dispatch<Call::kSignalfd4>(fd, mask, kKernelSigsetBytes, flags);
}

// BSD's meaning, glibc's default: the handler stays, its signal is blocked while it runs, and calls
// that it interrupts are restarted.
sighandler_t signal(int number, sighandler_t handler) noexcept {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, number);
  struct sigaction old {};
  return sigaction(number, &action, &old) == -1 ? SIG_ERR : old.sa_handler;
}

}  // extern "C"
