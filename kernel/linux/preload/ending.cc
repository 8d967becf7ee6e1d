// How processes of the server end: what they tell the driver, and how they let their threads go.
//
// exit(3) runs handlers, and many join a thread that the driver holds in a call: node's platform,
// pools with a destructor. So once a process ends, its threads are held no more, and all their
// calls go to Linux.

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/in_force.h"
#include "kernel/linux/preload/enlisted_thread.h"
#include "kernel/linux/preload/faults.h"
#include "kernel/next_symbol.h"

namespace hupstorm::preload {
namespace {

using ExitHandler = void(int, void*);
using QuickExitHandler = void(void*);

void BeginExit(int status, void*) {
  KeepStackOfExit();
  const HarnessScope harness;
  LetThreadsGo(status);
}
void BeginQuickExit(void*) {
  const HarnessScope harness;
  LetThreadsGo(0);  // its status is told by _exit
}

void ComeBeforeQuickHandlers() {
  static const auto real = NextOf<int(QuickExitHandler*, void*)>("__cxa_at_quick_exit");
  if (IsDriven() && real != nullptr) real(BeginQuickExit, nullptr);
}

// The driver is not the parent of the server's children, and asks their parents how they ended.
pid_t Tell(pid_t child, int status) {
  if (child > 0 && IsDriven() && WIFSIGNALED(status)) {
    const HarnessScope harness;
    TellEndOfChild(child, status);
  }
  return child;
}

}  // namespace

void ComeBeforeExitHandlers() {
  static const auto real = NextOf<int(ExitHandler*, void*)>("on_exit");
  if (IsDriven() && real != nullptr) real(BeginExit, nullptr);
}

}  // namespace hupstorm::preload

using hupstorm::NextOf;
using namespace hupstorm::preload;  // NOLINT: every line below is this library's

extern "C" {

int __cxa_atexit(void (*handler)(void*), void* argument, void* module) noexcept {
  static const auto real = NextOf<int(void (*)(void*), void*, void*)>("__cxa_atexit");
  const int result = real(handler, argument, module);
  ComeBeforeExitHandlers();
  return result;
}

int on_exit(void (*handler)(int, void*), void* argument) noexcept {
  static const auto real = NextOf<int(ExitHandler*, void*)>("on_exit");
  const int result = real(handler, argument);
  ComeBeforeExitHandlers();
  return result;
}

int __cxa_at_quick_exit(void (*handler)(void*), void* module) noexcept {
  static const auto real = NextOf<int(QuickExitHandler*, void*)>("__cxa_at_quick_exit");
  const int result = real(handler, module);
  ComeBeforeQuickHandlers();
  return result;
}

void _exit(int status) {
  KeepStackOfExit();
  NoteExit(status);
  while (true) syscall(SYS_exit_group, status);
}

void _Exit(int status) noexcept { _exit(status); }

pid_t waitpid(pid_t pid, int* status, int options) { return wait4(pid, status, options, nullptr); }

pid_t wait(int* status) { return wait4(-1, status, 0, nullptr); }

pid_t wait3(int* status, int options, rusage* usage) noexcept {
  return wait4(-1, status, options, usage);
}

// A cancellation point, as libc's own is.
pid_t wait4(pid_t pid, int* status, int options, rusage* usage) noexcept {
  static const auto real = NextOf<pid_t(pid_t, int*, int, rusage*)>("wait4");
  int own = 0;
  const pid_t child = Tell(real(pid, &own, options, usage), own);
  if (child > 0 && status != nullptr) *status = own;
  return child;
}

int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  static const auto real = NextOf<int(idtype_t, id_t, siginfo_t*, int)>("waitid");
  siginfo_t own = {};
  siginfo_t* const shown = info == nullptr ? &own : info;
  const int result = real(type, id, shown, options);
  const bool killed = shown->si_code == CLD_KILLED || shown->si_code == CLD_DUMPED;
  if (result == 0 && shown->si_pid > 0 && killed) Tell(shown->si_pid, shown->si_status);
  return result;
}

}  // extern "C"
