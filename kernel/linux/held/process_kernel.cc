#include "kernel/linux/held/process_kernel.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <system_error>

#include "kernel/linux/held/process_thread.h"

namespace hupstorm {
namespace {

// Where the memory that is shared with threads of the server lies, in their processes and in this
// one: below what Linux hands out by itself, above where a program and its heap are, and among what
// ThreadSanitizer and AddressSanitizer leave to programs.
constexpr uintptr_t kSharedMemoryBase = 0x7e90'0000'0000;
constexpr size_t kSharedMemorySlots = 1800;

// A Reset takes no remote kernel of a server: there is none yet.
remote::RemoteKernel& NobodysKernel() {
  static remote::SharedMemory memory;
  static remote::RemoteKernel kernel(memory);
  return kernel;
}

// libc has handlers of its own for 32 and 33 (nptl(7)).
constexpr int kFirstOfLibcsSignals = 32;

int64_t ClockOfLinux(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

}  // namespace

ProcessKernel::ProcessKernel()
    : LoopbackKernel(NobodysKernel()), news_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (news_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

ProcessKernel::~ProcessKernel() {
  Stop();
  close(news_fd_);
}

void ProcessKernel::Reset() {
  Stop();
  Use(nullptr);
  servers_.clear();
  LoopbackKernel::Reset();
  office_ = std::make_unique<remote::EnlistmentOffice>();
  top_ = nullptr;
  keeper_ = -1;
  last_process_made_ = 0;
  port_ = 0;
  started_ = stopping_ = seen_listen_ = looking_ = looked_again_ = false;
  failure_ = nullptr;
  skipped_ns_ = 0;
  processes_at_start_.clear();
  unexplained_.clear();
  killed_.clear();
}

void ProcessKernel::Start(pid_t keeper, uint16_t port, Syscalls& top) {
  keeper_ = keeper;
  last_process_made_ = 0;
  port_ = port;
  top_ = &top;
}

void ProcessKernel::SetStarted() {
  const std::lock_guard lock(baton_);
  started_ = true;
  news_.notify_all();
}

void ProcessKernel::Stop() {
  {
    const std::lock_guard lock(baton_);
    stopping_ = true;
    news_.notify_all();
    // Those that wait for their server's next call.
    for (const auto& thread : threads_) shutdown(thread->line, SHUT_RDWR);
  }
  for (const auto& thread : threads_) thread->driver.join();
  Use(nullptr);
  threads_.clear();
}

// ---- Threads.

void ProcessKernel::Use(Thread* thread) {
  current_ = thread;
  remote_ = thread == nullptr ? &NobodysKernel() : &thread->remote;
  server_ = thread == nullptr ? &nobody_ : thread->server;
  if (driver_ != nullptr && thread != nullptr) driver_->OnThread(thread->tid);
}

// For a thread in Attend.
void ProcessKernel::Wake() {
  const uint64_t one = 1;
  static_cast<void>(!write(news_fd_, &one, sizeof one));
}

void ProcessKernel::Attend(int also, int timeout_ms) {
  pollfd news[] = {{.fd = office_->socket(), .events = POLLIN, .revents = 0},
                   {.fd = news_fd_, .events = POLLIN, .revents = 0},
                   {.fd = also, .events = POLLIN, .revents = 0}};
  poll(news, std::size(news), timeout_ms);
  uint64_t count = 0;
  static_cast<void>(!read(news_fd_, &count, sizeof count));
  std::unique_lock lock(baton_);
  while (true) {
    const remote::EnlistmentOffice::Candidate candidate = office_->Next();
    if (candidate.line < 0) break;
    Enlist(candidate);
  }
  Reap();
  const bool nobody_sleeps = std::none_of(threads_.begin(), threads_.end(),
                                          [](const auto& thread) { return thread->asleep; });
  if (failure_ == nullptr && started_ && nobody_sleeps && IsAtRest()) {
    LetHappen(nullptr);  // what it throws is the end, as below
  }
  if (failure_ != nullptr) std::rethrow_exception(failure_);
}

void ProcessKernel::Enlist(const remote::EnlistmentOffice::Candidate& candidate) {
  const int file = remote::SharedMemory::MakeFile();
  std::unique_ptr<Thread> thread;
  for (size_t tries = 0; tries < kSharedMemorySlots && thread == nullptr; ++tries) {
    auto* const address = reinterpret_cast<std::byte*>(
        kSharedMemoryBase + next_slot_ * remote::SharedMemory::Spacing());
    next_slot_ = (next_slot_ + 1) % kSharedMemorySlots;
    try {
      thread = std::make_unique<Thread>(candidate.line, file, address);
    } catch (const std::system_error&) {
      continue;  // another thread's is there
    }
    if (!remote::Take(candidate, file, address)) thread.reset();
    break;
  }
  close(file);
  if (thread == nullptr) return;
  thread->pid = candidate.pid;
  thread->tid = candidate.tid;
  thread->line_there = candidate.line_there;
  thread->memory.frame().clock_offset_ns = skipped_ns_.load();
  looked_again_ = false;
  Thread& enlisted = *threads_.emplace_back(std::move(thread));
  enlisted.driver = std::thread([this, &enlisted] { DriveThread(enlisted); });
}

// Answers the calls of one thread, each with the baton.
void ProcessKernel::DriveThread(Thread& thread) {
  try {
    while (thread.remote.AwaitCall()) {
      const std::lock_guard lock(baton_);
      if (stopping_) break;
      if (thread.server == nullptr) thread.server = &ServerOf(thread);
      Use(&thread);
      thread.remote.Answer(*top_);
      looked_again_ = false;
      if (threads_.size() > 1) news_.notify_all();  // it may sleep elsewhere now
    }
  } catch (const Stopped&) {
  } catch (const remote::ServerGone&) {
  } catch (...) {
    const std::lock_guard lock(baton_);
    if (failure_ == nullptr) failure_ = std::current_exception();
  }
  const std::lock_guard lock(baton_);
  End(thread);
}

void ProcessKernel::End(Thread& thread) {
  thread.gone = true;
  thread.asleep = false;
  looked_again_ = false;
  if (current_ == &thread) Use(nullptr);
  const bool is_last = std::none_of(threads_.begin(), threads_.end(), [&](const auto& other) {
    return !other->gone && other->pid == thread.pid;
  });
  if (is_last && thread.server != nullptr && thread.memory.frame().exit_status < 0) {
    int connections = 0;
    for (int fd = 0; fd < thread.server->book.end(); ++fd) {
      if (thread.server->book.Of(fd).peer != kNoPeer) ++connections;
    }
    if (connections > 1) unexplained_.push_back(thread.pid);
  }
  if (is_last) servers_.erase(thread.pid);
  news_.notify_all();
  Wake();
}

// Threads that have ended, in the server and here.
void ProcessKernel::Reap() {
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

bool ProcessKernel::HasSeenListen() const {
  const std::lock_guard lock(baton_);
  return seen_listen_;
}

std::vector<pid_t> ProcessKernel::TakeKilled() {
  const std::lock_guard lock(baton_);
  return std::move(killed_);
}

// ---- Time.

int64_t ProcessKernel::now_ns() const { return ClockOfLinux(CLOCK_MONOTONIC) + skipped_ns_; }

int64_t ProcessKernel::ClockNs(clockid_t clock) const { return ClockOfLinux(clock) + skipped_ns_; }

void ProcessKernel::AdvanceTo(int64_t ns) {
  skipped_ns_ += std::max<int64_t>(ns - now_ns(), 0);
  for (const auto& thread : threads_) thread->memory.frame().clock_offset_ns = skipped_ns_.load();
  Thread* const outer = current_;
  for (const auto& [pid, server] : servers_) {
    Thread* const held = HeldThreadOf(*server);
    if (held == nullptr) continue;
    Use(held);
    LoopbackKernel::AdvanceTo(ns);
  }
  Use(outer);
}

int64_t ProcessKernel::NextTimerNs() const {
  int64_t next = -1;
  for (const auto& [pid, server] : servers_) {
    const int64_t own = NextTimerOf(*server);
    if (own >= 0 && (next < 0 || own < next)) next = own;
  }
  return next;
}

// ---- Signals.

DrivenKernel::Disposition ProcessKernel::SignalDisposition(int signal) const {
  const pid_t pid = ListeningProcess();
  return pid < 0 ? Disposition::kDefault : DispositionIn(pid, signal);
}

DrivenKernel::Disposition ProcessKernel::DispositionIn(pid_t pid, int signal) {
  const outside::SignalMasks masks = outside::SignalMasksOf(pid);
  const uint64_t bit = uint64_t{1} << (signal - 1);
  if ((masks.caught & bit) != 0) return Disposition::kHandled;
  return (masks.ignored & bit) != 0 ? Disposition::kIgnored : Disposition::kDefault;
}

bool ProcessKernel::SigpipeEndsServer() const {
  if (current_ == nullptr) return false;
  const auto& lasting = processes_at_start_;
  return std::find(lasting.begin(), lasting.end(), current_->pid) != lasting.end() &&
         DispositionIn(current_->pid, SIGPIPE) == Disposition::kDefault;
}

DrivenKernel::Disposition ProcessKernel::RaiseSignal(int signal) {
  const Disposition disposition = SignalDisposition(signal);
  const pid_t pid = ListeningProcess();
  // One that ends the server is left to the driver, who wants to see to the end itself.
  if (pid >= 0 && disposition != Disposition::kDefault) kill(pid, signal);
  return disposition;
}

void ProcessKernel::InterruptBlockedCall() {
  for (const auto& thread : threads_) {
    const bool is_held = thread->asleep || thread.get() == current_;
    if (is_held && !thread->gone && CanBeInterrupted(*thread)) thread->interrupted = true;
  }
}

void ProcessKernel::WakeBlockedCall() {
  for (const auto& thread : threads_) thread->interrupted = true;
}

// See DrivenKernel::InterruptBlockedCall.
bool ProcessKernel::CanBeInterrupted(Thread& thread) {
  if (thread.call == Call::kEpollWait) return true;
  const bool waits =
      thread.call == Call::kSelect || thread.call == Call::kPoll || thread.call == Call::kNanosleep;
  const uint64_t caught = outside::SignalMasksOf(thread.pid).caught;
  for (int signal = 1; signal < kFirstOfLibcsSignals; ++signal) {
    if ((caught >> (signal - 1) & 1) == 0) continue;
    if (waits || !RestartsAfter(thread, signal)) return true;
  }
  return false;
}

bool ProcessKernel::RestartsAfter(Thread& thread, int signal) {
  struct sigaction action = {};
  Invoke<Call::kSigaction>(thread.remote, signal, nullptr, &action);
  return (action.sa_flags & SA_RESTART) != 0;
}

}  // namespace hupstorm
