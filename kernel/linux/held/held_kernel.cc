#include "kernel/linux/held/held_kernel.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/system_error.h"
#include "kernel/linux/held/held_timers.h"
#include "kernel/linux/sight/process_tree.h"

namespace hupstorm {
namespace {

// Where the memory that is shared with threads of the server lies, in their processes and in this
// one: below what Linux hands out by itself, above where a program and its heap are, and among what
// ThreadSanitizer and AddressSanitizer leave to programs.
constexpr uintptr_t kSharedMemoryBase = 0x7e90'0000'0000;
constexpr size_t kSharedMemorySlots = 1800;
// How long a shell may sleep on its way out.
constexpr std::chrono::seconds kLongestEnd{1};

}  // namespace

using held::EnlistmentOffice;
using held::SharedMemory;

HeldKernel::HeldKernel(held::ServerClock::Kind clock)
    : news_fd_(CheckSystemCall(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")), clock_(clock) {}

HeldKernel::~HeldKernel() { Stop(); }

void HeldKernel::Reset() {
  Stop();
  processes_.clear();
  lines_.clear();
  ResetClients();
  clock_.Reset();
  office_ = std::make_unique<EnlistmentOffice>();
  top_ = nullptr;
  keeper_ = -1;
  family_ = {};
  port_ = 0;
  is_only_thread_ = is_alone_ = started_ = stopping_ = seen_listen_ = ended_in_library_ = false;
  checking_rest_ = all_rechecked_ = clients_changed_ = false;
  failure_ = nullptr;
  deaths_.clear();
  stacks_.Clear();
  pids_at_start_.clear();
  endings_ = {};
  stop_slept_ = unheard_ = {};
  stop_began_ns_ = -1;
  has_connected_ = false;
  neighbours_ = {};
  handshakes_done_ = handshakes_left_ = 0;
  acknowledgement_awaited_.clear();
  fatal_sigpipes_ = 0;
  send_buffer_ = receive_buffer_ = kDefaultBuffer;
}

void HeldKernel::MakeCurrent(HeldThread* thread) {
  current_ = thread;
  if (driver_ != nullptr && thread != nullptr) driver_->OnThread(thread->tid);
}

// ---- One thread.

void HeldKernel::ServeOnly(pid_t pid, uint16_t port, FileDescriptor line,
                           std::shared_ptr<SharedMemory> memory, Syscalls& top) {
  port_ = port;
  HeldThread& thread =
      *threads_.emplace_back(std::make_unique<HeldThread>(std::move(line), std::move(memory), top));
  thread.pid = thread.tid = pid;
  is_only_thread_ = true;
  pids_ = pids_at_start_ = {pid};
  thread.remote.set_freedom([this] {
    return held::Freedom{.may_note = driver_->MayHearLate(), .monotonic_ns = now_ns()};
  });
  try {
    while (thread.remote.AwaitCall()) AnswerCall(thread);
  } catch (const std::exception&) {  // unlike what ends a run while the server is held
    thread.gone = true;
    ended_in_library_ = thread.memory->frame().in_library;
    throw;
  }
  thread.gone = true;
}

// ---- Any number of threads.

void HeldKernel::Start(pid_t keeper, const sockaddr_storage& address, Syscalls& top) {
  keeper_ = keeper;
  family_ = sight::ProcessFamily(keeper);
  port_ = PortOf(address);
  SetHost(address);
  top_ = &top;
  if (!diag_) diag_.emplace();
}

void HeldKernel::SetStarted() {
  const std::lock_guard lock(baton_);
  started_ = true;
  news_.notify_all();
}

void HeldKernel::Stop() {
  {
    const std::lock_guard lock(baton_);
    stopping_ = true;
    news_.notify_all();
    woken_.notify_all();
    // Those that wait for their server's next call.
    for (const auto& thread : threads_) shutdown(thread->line.get(), SHUT_RDWR);
  }
  for (const auto& thread : threads_) {
    if (thread->driver.joinable()) thread->driver.join();
  }
  current_ = nullptr;
  threads_.clear();
}

void HeldKernel::WakeAttend() {
  const uint64_t one = 1;
  static_cast<void>(!write(news_fd_.get(), &one, sizeof one));
}

void HeldKernel::Attend(int also, int timeout_ms) {
  pollfd news[] = {{.fd = office_->socket(), .events = POLLIN, .revents = 0},
                   {.fd = news_fd_.get(), .events = POLLIN, .revents = 0},
                   {.fd = also, .events = POLLIN, .revents = 0}};
  poll(news, std::size(news), timeout_ms);
  uint64_t count = 0;
  static_cast<void>(!read(news_fd_.get(), &count, sizeof count));
  std::unique_lock lock(baton_);
  while (auto candidate = office_->Next()) Enlist(std::move(*candidate));
  for (const held::ProcessEnd& end : office_->TakeEnds()) endings_.NoteEnd(end);
  Reap();
  const bool none_sleeps = std::none_of(threads_.begin(), threads_.end(),
                                        [](const auto& thread) { return thread->asleep; });
  if (failure_ == nullptr && started_ && none_sleeps && IsAtRest(/*rechecked=*/true) &&
      !IsEnding()) {
    LetHappen(nullptr);  // what it throws is the end, as below
  }
  if (failure_ != nullptr) std::rethrow_exception(failure_);
}

// No thread is held and nobody listens, as if the server had just ended: its parent, a shell, has
// not yet. It may have put something in its place, and sleep.
bool HeldKernel::IsEnding() {
  if (ListeningPid() >= 0) unheard_ = {};
  unheard_.Look(/*asleep=*/true);
  return ListeningPid() < 0 && unheard_.total() < kLongestEnd;
}

void HeldKernel::Enlist(EnlistmentOffice::Candidate candidate) {
  const FileDescriptor file = SharedMemory::MakeFile();
  std::byte* mapped = nullptr;
  for (size_t tries = 0; tries < kSharedMemorySlots && mapped == nullptr; ++tries) {
    // Null if another thread's is there.
    mapped = SharedMemory::Map(
        file.get(),
        reinterpret_cast<std::byte*>(kSharedMemoryBase + next_slot_ * SharedMemory::kSize));
    next_slot_ = (next_slot_ + 1) % kSharedMemorySlots;
  }
  if (mapped == nullptr) return;
  auto thread = std::make_unique<HeldThread>(
      std::move(candidate.line), std::make_shared<SharedMemory>(mapped, /*is_new=*/true), *top_);
  thread->memory->frame().wants_stacks = wants_stacks_;
  if (!EnlistmentOffice::Take(thread->line.get(), file.get(), mapped)) return;
  thread->pid = candidate.pid;
  thread->tid = candidate.tid;
  thread->line_there = candidate.line_there;
  is_alone_ = false;
  for (const auto& other : threads_) {
    other->memory->frame().stops_clock = false;
    SetClockBack(*other);
  }
  thread->memory->frame().clock_offset_ns = clock_.skipped_ns();
  lines_.insert({thread->pid, thread->line_there});
  NoteNoRest();
  HeldThread& enlisted = *threads_.emplace_back(std::move(thread));
  enlisted.driver = std::thread([this, &enlisted] { DriveThread(enlisted); });
}

// Answers the calls of one thread, each with the baton.
void HeldKernel::DriveThread(HeldThread& thread) {
  try {
    while (thread.remote.AwaitCall()) {
      const std::lock_guard lock(baton_);
      if (stopping_) break;
      AnswerCall(thread);
      NoteNoRest();
      if (threads_.size() > 1) news_.notify_all();  // it may sleep elsewhere now
    }
  } catch (const Stopped&) {
  } catch (const held::ServerGone&) {
  } catch (...) {
    const std::lock_guard lock(baton_);
    if (failure_ == nullptr) failure_ = std::current_exception();
  }
  const std::lock_guard lock(baton_);
  End(thread);
}

void HeldKernel::AnswerCall(HeldThread& thread) {
  held::Frame& frame = thread.memory->frame();
  SetClockBack(thread);
  frame.has_slept = false;
  frame.stops_clock = is_alone_;
  if (thread.process == nullptr) thread.process = &ProcessOf(thread);
  if (!is_only_thread_ && thread.process->first_memory == nullptr) LearnFirstMemory(thread);
  MakeCurrent(&thread);
  sleeping_looks_ = 0;
  thread.remote.Answer();
}

void HeldKernel::End(HeldThread& thread) {
  thread.gone = true;
  thread.asleep = false;
  lines_.erase({thread.pid, thread.line_there});
  NoteNoRest();
  if (current_ == &thread) current_ = nullptr;
  NoteDeath(thread);
  const bool is_last = std::none_of(threads_.begin(), threads_.end(), [&](const auto& other) {
    return !other->gone && other->pid == thread.pid;
  });
  const int status = thread.memory->frame().exit_status;
  if (status >= 0) {
    endings_.NoteExit(thread.pid, status);
  } else if (is_last && thread.process != nullptr) {
    int connections = 0;
    for (int fd = 0; fd < thread.process->book.end(); ++fd) {
      if (thread.process->book.Of(fd).peer != kNoPeer) ++connections;
    }
    if (connections > 1) endings_.NoteVanished(thread.pid);
  }
  if (is_last) processes_.erase(thread.pid);
  news_.notify_all();
  woken_.notify_all();  // its process may have let go of them too
  WakeAttend();
}

void HeldKernel::NoteDeath(const HeldThread& thread) {
  const held::Frame& frame = thread.memory->frame();
  ended_in_library_ = ended_in_library_ || (frame.in_library && !stopping_);
  if (frame.death.size > 0) deaths_[thread.pid] = ToCallStack(frame.death);
}

void HeldKernel::NoteEnded() {
  const std::lock_guard lock(baton_);
  for (const auto& thread : threads_) {
    if (!thread->gone && !sight::SummaryOfThreads(thread->pid).any_lives) NoteDeath(*thread);
  }
}

// Threads that have ended, in the server and here.
void HeldKernel::Reap() {
  for (auto thread = threads_.begin(); thread != threads_.end();) {
    if (!(*thread)->gone) {
      ++thread;
      continue;
    }
    // It may still hold the baton's mutex on its way out.
    baton_.unlock();
    (*thread)->driver.join();
    baton_.lock();
    thread = threads_.erase(thread);
  }
}

SharedStack HeldKernel::StackOfCall() {
  if (current_ == nullptr || !current_->memory->frame().wants_stacks) return nullptr;
  return stacks_.Of(current_->remote.stack());
}

CallStack HeldKernel::StackOfDeath(pid_t pid) const {
  const std::lock_guard lock(baton_);
  for (const auto& [dead, stack] : deaths_) {
    const auto& first = pids_at_start_;
    const bool is_it =
        pid >= 0 ? dead == pid : std::find(first.begin(), first.end(), dead) != first.end();
    if (is_it) return stack;
  }
  return {};
}

bool HeldKernel::HasEndedInLibrary() const {
  const std::lock_guard lock(baton_);
  return ended_in_library_;
}

bool HeldKernel::HasSeenListen() const {
  const std::lock_guard lock(baton_);
  return seen_listen_;
}

std::vector<held::ProcessEnd> HeldKernel::TakeCrashed() {
  const std::lock_guard lock(baton_);
  return endings_.TakeCrashed();
}

std::optional<held::ProcessEnd> HeldKernel::TakeHungExit() {
  const std::lock_guard lock(baton_);
  return endings_.TakeHungExit();
}

void HeldKernel::NoteEnd(const held::ProcessEnd& end) {
  const std::lock_guard lock(baton_);
  endings_.NoteEnd(end);
}

// ---- Time.

void HeldKernel::SetClockBack(HeldThread& thread) {
  clock_.SetBack(thread.memory->frame().stood_still_ns.exchange(0));
}

void HeldKernel::AdvanceTo(int64_t ns) {
  for (const auto& thread : threads_) SetClockBack(*thread);
  clock_.AdvanceTo(ns);
  for (const auto& thread : threads_) {
    thread->memory->frame().clock_offset_ns = clock_.skipped_ns();
  }
  for (const auto& [pid, process] : processes_) {
    if (process.first_memory != nullptr) {
      process.first_memory->frame().clock_offset_ns = clock_.skipped_ns();
    }
    if (HeldThread* const held = HeldThreadOf(process)) FireTimers(*held, clock_);
  }
}

int64_t HeldKernel::NextTimerNs() const {
  int64_t next = FirstDeadline();  // of the other threads, if one of them spins
  for (const auto& [pid, process] : processes_) {
    next = held::Earlier(next, NextTimerOf(process));
  }
  return next;
}

}  // namespace hupstorm
