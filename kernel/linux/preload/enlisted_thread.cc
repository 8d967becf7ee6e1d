#include "kernel/linux/preload/enlisted_thread.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
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
#include "kernel/linux/preload/faults.h"
#include "kernel/linux/preload/gate.h"
#include "kernel/linux/preload/timers.h"

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
std::atomic<bool> is_ending{false};
std::atomic<bool> has_connected{false};
std::atomic<pid_t> enlisted_pid{0};
// True in the process that it was set for: Linux empties its page in children (MADV_WIPEONFORK),
// also in those that libc does not know of, made by clone(2), and in those that have their parent's
// number, each the first of a PID namespace of its own. Null if Linux has no such pages.
std::atomic<bool>* is_known_process = nullptr;
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
constexpr int kBeingMade = -1;
struct LinePlace {
  std::atomic<int> number{0};  // + 1; 0: the place is free
  std::atomic<held::Frame*> frame{nullptr};
};
std::array<LinePlace, kMostLines> lines;

void Remember(int line, held::Frame& frame) {
  for (LinePlace& place : lines) {
    int empty = 0;
    if (!place.number.compare_exchange_strong(empty, kBeingMade)) continue;
    place.frame = &frame;
    place.number = line + 1;
    return;
  }
}

void Drop(int line) {
  for (LinePlace& place : lines) {
    int held = line + 1;
    if (place.number.compare_exchange_strong(held, 0)) break;
  }
  syscall(SYS_close, line);
}

// Calls `visit` with the number and the frame of each line.
template <typename Visit>
void ForEachLine(Visit visit) {
  for (const LinePlace& place : lines) {
    const int line = place.number - 1;
    if (line >= 0) visit(line, *place.frame);
  }
}

void EndThread(void*) {
  const HarnessScope harness;
  if (this_thread.line >= 0 && this_thread.pid == syscall(SYS_getpid)) Drop(this_thread.line);
  this_thread.line = -1;
  this_thread.pid = 0;
}

void StartAnewInChild() {
  const HarnessScope harness;
  for (LinePlace& place : lines) {
    const int line = place.number.exchange(0) - 1;
    if (line >= 0) syscall(SYS_close, line);
  }
  is_ending = false;
  this_thread.line = -1;
  this_thread.pid = 0;
  enlisted_pid = 0;
  first_frame = nullptr;
  ForgetTimers();
  if (is_known_process != nullptr) *is_known_process = true;
  eternal.gate.StartAnew();
}

void MakeKnownProcess() {
  constexpr size_t kPage = 4096;
  void* const page =
      mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  if (madvise(page, kPage, MADV_WIPEONFORK) == 0) {
    is_known_process = new (page) std::atomic<bool>(true);
  } else {
    munmap(page, kPage);
  }
}

[[gnu::constructor]] void ComeToLife() {
  const char* const name = std::getenv(held::kDriverVariable);
  if (name == nullptr || std::strlen(name) >= driver.size()) return;
  std::strcpy(driver.data(), name);
  if (pthread_key_create(&at_thread_end, EndThread) != 0) return;
  if (pthread_atfork(nullptr, nullptr, StartAnewInChild) != 0) return;
  MakeKnownProcess();
  is_driven = true;
  ComeBeforeExitHandlers();
  WatchFaults();
}

}  // namespace

bool IsDriven() { return is_driven.load(std::memory_order_relaxed); }
bool IsEnlisted() {
  LookForFork();
  return enlisted_pid.load(std::memory_order_relaxed) == syscall(SYS_getpid);
}

void LookForFork() {
  if (is_known_process != nullptr && !is_known_process->load(std::memory_order_relaxed)) {
    StartAnewInChild();
  }
}

held::Agent* AgentOfThisThread() {
  LookForFork();
  const auto pid = static_cast<pid_t>(syscall(SYS_getpid));
  auto* const agent = reinterpret_cast<held::Agent*>(this_thread.agent.data());
  if (is_ending) return nullptr;
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
  Remember(enlisted.line, memory->frame());
  if (has_connected) memory->frame().has_connected = true;
  held::Frame* none = nullptr;
  if (first_frame.compare_exchange_strong(none, &memory->frame())) {
    TellOfTimers(memory->frame().sleepers);
  }
  memory->frame().first = first_frame.load();
  enlisted_pid = pid;
  pthread_setspecific(at_thread_end, &this_thread);
  if (!is_ending) return agent;
  EndThread(nullptr);  // LetThreadsGo may not have seen it
  return nullptr;
}

int64_t ClockOffsetNs() {
  const held::Frame* const frame = first_frame.load(std::memory_order_relaxed);
  return frame == nullptr ? 0 : frame->clock_offset_ns.load(std::memory_order_relaxed);
}

held::Sleepers* SleepersOfThisProcess() {
  held::Frame* const frame = first_frame.load(std::memory_order_relaxed);
  return frame == nullptr || !IsEnlisted() ? nullptr : &frame->sleepers;
}

void NoteConnect() {
  if (has_connected.exchange(true)) return;
  ForEachLine([](int, held::Frame& frame) { frame.has_connected = true; });
}

void NoteExit(int status) {
  if (!IsEnlisted() || is_ending) return;
  ForEachLine([status](int, held::Frame& frame) { frame.exit_status = status; });
}

void LetThreadsGo(int status) {
  if (!IsEnlisted()) return;
  NoteExit(status);
  if (is_ending.exchange(true)) return;
  ForEachLine([](int line, held::Frame&) { syscall(SYS_shutdown, line, SHUT_RDWR); });
}

StackWalk* DeathOfThisProcess() {
  if (!IsEnlisted()) return nullptr;
  if (this_thread.pid == syscall(SYS_getpid)) {
    return &reinterpret_cast<held::SharedMemory*>(this_thread.memory.data())->frame().death;
  }
  held::Frame* const frame = first_frame;
  return frame == nullptr ? nullptr : &frame->death;
}

void TellEndOfChild(pid_t child, int status) {
  const int former_errno = errno;
  held::TellEnd(driver.data(), {.pid = child, .status = status});
  errno = former_errno;
}

}  // namespace preload

// Every thread of the process is the server's, from its first call on.
thread_local constinit InForce in_force = {.syscalls = &preload::eternal.gate, .in_server = true};

}  // namespace hupstorm

extern "C" {

// A child that shares its parent's memory would speak with the parent's agent. fork does all that
// vfork promises.
pid_t vfork() noexcept { return fork(); }

}  // extern "C"
