#include "kernel/linux/held/endings.h"

#include <signal.h>
#include <sys/wait.h>

#include <utility>

#include "kernel/linux/sight/process_tree.h"

namespace hupstorm::held {
namespace {

// With the others (SIGKILL, SIGTERM, SIGHUP, a parent's death signal) somebody has a process ended,
// which may be a server's plan.
bool IsCrash(int status) {
  if (!WIFSIGNALED(status)) return false;
  switch (WTERMSIG(status)) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGABRT:
    case SIGTRAP:
    case SIGSYS:
    case SIGPIPE:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Endings::NoteExit(pid_t pid, int status) {
  exits_.try_emplace(pid, Exit{.status = status, .slept = {}});
}

bool Endings::AwaitsExit() {
  bool any = false;
  for (auto entry = exits_.begin(); entry != exits_.end();) {
    auto& [pid, exit] = *entry;
    const sight::ThreadSummary threads = sight::SummaryOfThreads(pid);
    if (!threads.any_lives) {
      entry = exits_.erase(entry);
      continue;
    }
    exit.slept.Look(!threads.any_runs);
    if (!exit.hangs && exit.slept.total() >= kLongestHang) {
      exit.hangs = true;
      hung_.push_back({.pid = pid, .status = exit.status});
    }
    any = any || !exit.hangs;
    ++entry;
  }
  return any;
}

std::optional<ProcessEnd> Endings::TakeHungExit() {
  if (hung_.empty()) return std::nullopt;
  const ProcessEnd end = hung_.back();
  hung_.pop_back();
  return end;
}

void Endings::LookAtVanished() {
  for (const pid_t pid : std::exchange(vanished_, {})) {
    const auto told = told_.find(pid);
    const std::optional<int> status = told != told_.end() ? told->second : sight::EndOfZombie(pid);
    if (status && IsCrash(*status)) crashed_.push_back({.pid = pid, .status = *status});
  }
}

}  // namespace hupstorm::held
