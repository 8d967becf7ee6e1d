#include "kernel/inside/program.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/fault_handlers.h"
#include "kernel/in_force.h"
#include "kernel/inside/harness_stack.h"
#include "kernel/inside/threads/scheduler.h"
#include "kernel/inside/threads/waits.h"
#include "kernel/next_symbol.h"

namespace hupstorm::inside {
namespace {

constexpr int kFaults[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};

ProgramWatcher* watching = nullptr;
pid_t forked_by = 0;
pid_t programs_pid = 0;
pid_t programs_pids = kMostNumbers;  // one that forked has Linux's number, and no more

bool IsProgramsCall() { return watching != nullptr && in_force.in_server; }

// Tells the watcher of something that the program does.
template <typename Body>
void Tell(Body&& body) {
  if (!IsProgramsCall()) return;
  const HarnessScope harness;
  OnHarnessStack(body);
}

void TellExit(int status) {
  Tell([&] { watching->OnExit(status); });
}

void PrepareFork() {
  Tell([] { watching->OnFork(); });
}

pid_t RealPid() {
  const HarnessScope harness;
  return static_cast<pid_t>(syscall(SYS_getpid));
}

void NoteForked() {
  forked_by = getppid();
  programs_pid = RealPid();
  programs_pids = 1;
}

void TakeFault(int number, siginfo_t*, void*) {
  Tell([&] { watching->OnFault(number); });
  // It is raised again as soon as this returns: at the same instruction, or by abort.
  const HarnessScope harness;
  LetFaultKill(number);
  if (number == SIGABRT) syscall(SYS_tgkill, RealPid(), syscall(SYS_gettid), number);
}

}  // namespace

void Watch(ProgramWatcher& watcher, pid_t pid) {
  watching = &watcher;
  programs_pid = pid;
  pthread_atfork(PrepareFork, nullptr, NoteForked);
}

ProgramWatcher* Watcher() { return watching; }

int ForkingProcess() { return forked_by != 0 && getppid() == forked_by ? forked_by : 0; }

pid_t ProgramsPid() { return IsProgramsCall() ? programs_pid : RealPid(); }

bool IsProgramsPid(pid_t pid) {
  return IsProgramsCall() && pid >= programs_pid && pid - programs_pid < programs_pids;
}

static bool IsSimulatedSignal(int number) {
  return number > 0 && number <= SIGRTMAX && number != SIGKILL && number != SIGSTOP &&
         !IsFaultSignal(number);
}

bool SendsItself(pid_t pid, int number) {
  if (!IsProgramsCall() || !(IsProgramsPid(pid) || pid == 0 || pid == -getpgrp())) return false;
  if (number == 0) return IsProgramsPid(pid);
  if (!IsSimulatedSignal(number)) return false;
  Tell([&] { watching->OnSignalToItself(number); });
  return true;
}

bool SendsThread(pthread_t thread, int number) {
  if (!IsProgramsCall() || !IsSimulatedSignal(number)) return false;
  Tell([&] { watching->OnSignalToThread(thread, number); });
  return true;
}

bool IsFaultSignal(int number) {
  for (const int fault : kFaults) {
    if (number == fault) return true;
  }
  return false;
}

void WatchFaults() {
  ProvideHandlerStack();
  HandleFaults(kFaults, TakeFault);
}

}  // namespace hupstorm::inside

using hupstorm::NextOf;
using namespace hupstorm::inside;  // NOLINT: every line below is this library's

extern "C" {

void exit(int status) {
  TellExit(status);
  static const auto real = NextOf<void(int)>("exit");
  real(status);
  __builtin_unreachable();
}

void _exit(int status) {
  TellExit(status);
  while (true) syscall(SYS_exit_group, status);
}

void _Exit(int status) noexcept { _exit(status); }

void quick_exit(int status) noexcept {
  TellExit(status);
  static const auto real = NextOf<void(int)>("quick_exit");
  real(status);
  __builtin_unreachable();
}

// The end of main is libc's own exit, which no other library hears of.
using Main = int(int, char**, char**);
static Main* programs_main;

struct MainCall {
  int argc;
  char** argv;
  char** environment;
  int status;
};

static int RunMain(int argc, char** argv, char** environment) {
  MainCall call = {argc, argv, environment, 0};
  const auto run = [](void* argument) -> void* {
    auto& made = *static_cast<MainCall*>(argument);
    made.status = programs_main(made.argc, made.argv, made.environment);
    return nullptr;
  };
  if (TheScheduler() != nullptr) {
    RunUntilExit(run, &call);
  } else {
    run(&call);
  }
  TellExit(call.status);
  return call.status;
}

int __libc_start_main(Main* main, int argc, char** argv, void (*init)(), void (*fini)(),
                      void (*rtld_fini)(), void* stack_end) {
  programs_main = main;
  const auto real = NextOf<int(Main*, int, char**, void (*)(), void (*)(), void (*)(), void*)>(
      "__libc_start_main");
  return real(RunMain, argc, argv, init, fini, rtld_fini, stack_end);
}

}  // extern "C"
