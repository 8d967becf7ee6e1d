#include "kernel/linux/preload/enlisted_thread.h"

#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include "kernel/in_force.h"
#include "kernel/linux/held/connection.h"
#include "kernel/linux/held/enlistment.h"
#include "kernel/linux/preload/gate.h"

namespace hupstorm {
namespace preload {
namespace {

// Never destroyed: threads make calls until the process is gone.
union Eternal {
  constexpr Eternal() : gate() {}
  ~Eternal() {}
  Gate gate;
};
constinit Eternal eternal;

std::array<char, 108> driver = {};  // the name of its socket
std::atomic<bool> is_driven{false};
std::atomic<pid_t> enlisted_pid{0};
std::atomic<held::Frame*> first_frame{nullptr};
pthread_key_t at_thread_end;

// What a thread has of its own. No constructor and no destructor runs for it.
struct ThisThread {
  pid_t pid = 0;  // for which the agent was made; a child that was forked has another
  int line = -1;
  alignas(held::SharedMemory) std::array<std::byte, sizeof(held::SharedMemory)> memory = {};
  alignas(held::Agent) std::array<std::byte, sizeof(held::Agent)> agent = {};
};
[[gnu::tls_model("initial-exec")]] thread_local constinit ThisThread this_thread;

// The lines of all threads. A forked child closes those that it inherits: the driver takes the end
// of a line for the end of its thread.
constexpr size_t kMostLines = 4096;
std::array<std::atomic<int>, kMostLines> lines;  // number + 1

void Remember(int line) {
  for (std::atomic<int>& place : lines) {
    int empty = 0;
    if (place.compare_exchange_strong(empty, line + 1)) return;
  }
}

void Drop(int line) {
  for (std::atomic<int>& place : lines) {
    int held = line + 1;
    if (place.compare_exchange_strong(held, 0)) break;
  }
  syscall(SYS_close, line);
}

void EndThread(void*) {
  const HarnessScope harness;
  if (this_thread.line >= 0 && this_thread.pid == syscall(SYS_getpid)) Drop(this_thread.line);
  this_thread.line = -1;
  this_thread.pid = 0;
}

void StartAnewInChild() {
  const HarnessScope harness;
  for (std::atomic<int>& place : lines) {
    const int line = place.exchange(0) - 1;
    if (line >= 0) syscall(SYS_close, line);
  }
  this_thread.line = -1;
  this_thread.pid = 0;
  enlisted_pid = 0;
  first_frame = nullptr;
  eternal.gate.StartAnew();
}

[[gnu::constructor]] void ComeToLife() {
  const char* const name = std::getenv(held::kDriverVariable);
  if (name == nullptr || std::strlen(name) >= driver.size()) return;
  std::strcpy(driver.data(), name);
  if (pthread_key_create(&at_thread_end, EndThread) != 0) return;
  if (pthread_atfork(nullptr, nullptr, StartAnewInChild) != 0) return;
  is_driven = true;
}

[[gnu::destructor]] void NoteEnd() { NoteExit(0); }

}  // namespace

bool IsDriven() { return is_driven.load(std::memory_order_relaxed); }
bool IsEnlisted() { return enlisted_pid.load(std::memory_order_relaxed) == syscall(SYS_getpid); }

held::Agent* AgentOfThisThread() {
  const auto pid = static_cast<pid_t>(syscall(SYS_getpid));
  auto* const agent = reinterpret_cast<held::Agent*>(this_thread.agent.data());
  if (this_thread.pid == pid) return agent;
  const int former_errno = errno;
  const held::Enlisted enlisted = held::Enlist(driver.data());
  errno = former_errno;
  if (enlisted.line < 0) return nullptr;
  auto* const memory =
      new (this_thread.memory.data()) held::SharedMemory(enlisted.memory, /*is_new=*/false);
  new (agent) held::Agent(*memory, enlisted.line);
  this_thread.line = enlisted.line;
  this_thread.pid = pid;
  Remember(enlisted.line);
  held::Frame* none = nullptr;
  first_frame.compare_exchange_strong(none, &memory->frame());
  enlisted_pid = pid;
  pthread_setspecific(at_thread_end, &this_thread);
  return agent;
}

int64_t ClockOffsetNs() {
  const held::Frame* const frame = first_frame.load(std::memory_order_relaxed);
  return frame == nullptr ? 0 : frame->clock_offset_ns.load(std::memory_order_relaxed);
}

void NoteExit(int status) {
  held::Frame* const frame = first_frame.load(std::memory_order_relaxed);
  if (frame != nullptr && IsEnlisted()) frame->exit_status = status;
}

}  // namespace preload

// Every thread of the process is the server's, from its first call on.
thread_local constinit InForce in_force = {.syscalls = &preload::eternal.gate, .in_server = true};

}  // namespace hupstorm

extern "C" {

// A child that shares its parent's memory would speak with the parent's agent. fork does all that
// vfork promises.
pid_t vfork() noexcept { return fork(); }

void _exit(int status) {
  hupstorm::preload::NoteExit(status);
  while (true) syscall(SYS_exit_group, status);
}

void _Exit(int status) noexcept { _exit(status); }

}  // extern "C"
