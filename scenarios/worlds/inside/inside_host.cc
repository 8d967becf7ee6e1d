#include "scenarios/worlds/inside/inside_host.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/archive.h"
#include "base/resource_limit.h"
#include "base/timespec.h"
#include "kernel/in_force.h"
#include "kernel/inside/other_calls.h"
#include "kernel/inside/program_edges.h"
#include "kernel/inside/random_bytes.h"
#include "kernel/inside/threads/deadlock.h"
#include "kernel/inside/threads/spin_clock.h"
#include "kernel/unsimulated.h"
#include "scenarios/worlds/last_words.h"

namespace hupstorm::inside {
namespace {

// Programs take what CLOCK_MONOTONIC says for the time since the machine was started, and what
// CLOCK_REALTIME says for a date: 2023-11-14. Some spin for a moment before they sleep.
constexpr SimulatedKernel::Options kKernel = {.start_ns = 1'000 * kSecondNs,
                                              .realtime_ahead_ns = 1'700'000'000 * kSecondNs,
                                              .looks_at_one_instant = 10,
                                              .look_ns = 1'000,
                                              .knows_other_servers = true};

// A process does so many scenarios at most, as what it is left with may add up unseen; and it has
// made so many threads at most, whose places are not used again.
constexpr int kMostJobs = 50;
constexpr int kMostThreads = 500;

// A program that starts may wait for time to pass, so often at most.
constexpr int kMostWaitsToStart = 100'000;
// A thread that makes no call may use so much of the processor's time while others could run; of a
// program that does so again and again, so much time.
constexpr std::chrono::milliseconds kFirstSpin{100};
constexpr std::chrono::microseconds kNextSpin{300};

// And with threads that listen already so often, for others that need a moment more.
constexpr int64_t kSoonNs = 100 * kMillisecondNs;
constexpr int kMostShortWaits = 20;

// Gives this process standard streams of its own, on the same pipes: what it does to their flags
// must not be what the next process finds.
void ReopenStandardStreams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    struct stat status = {};
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode)) continue;
    const std::string path = fmt::format("/proc/self/fd/{}", fd);
    const FileDescriptor own(open(path.c_str(), flags | O_CLOEXEC));
    if (own) dup2(own.get(), fd);
  }
}

}  // namespace

InsideHost::InsideHost(uint16_t port, rlim_t most_descriptors, pid_t pid, std::string_view driver)
    : port_(port),
      most_descriptors_(most_descriptors),
      pid_(pid),
      driver_(driver),
      kernel_(kKernel) {
  target_.name = "starting";
  target_.third_party = true;
}

void InsideHost::CountIn(int map) {
  void* const memory = shmat(map, nullptr, 0);
  if (memory == reinterpret_cast<void*>(-1)) OnRefused("the fuzzer's memory cannot be had");
  map_ = static_cast<uint8_t*>(memory);
}

void InsideHost::Begin() {
  // Linux's descriptors must not come to where the simulation's begin.
  const rlimit limit = {.rlim_cur = most_descriptors_, .rlim_max = LimitOf(RLIMIT_NOFILE).rlim_max};
  Invoke<Call::kPrlimit64>(kernel_, 0, static_cast<int>(RLIMIT_NOFILE), &limit, nullptr);
  SetSoftLimit(RLIMIT_NOFILE, SimulatedKernel::kFirstDescriptor);
  run_.StartRun(nothing_, target_, options_);
  kernel_.set_driver(this);
  SetUnsimulatedHandler([](std::string_view what) { Watcher()->OnRefused(what); });
  BeOlderLinux();
  SetMakeOtherCalls();
  SeedProgram();
  gate_.set_scheduler(&scheduler_);
  Watch(*this, pid_);
  BeginSignalTimers(*this);
  stage_ = Stage::kStarting;
  PutInForce();
  in_force.in_server = true;
}

void InsideHost::PutInForce() {
  in_force = {.syscalls = &gate_, .in_server = false, .wait_mask = nullptr};
}

// Threads of this process may spin.
void InsideHost::StartSpins() {
  if (std::exchange(has_spin_clock_, true)) return;
  spins_ = spins_ || (progress_ != nullptr && progress_->spins);
  StartSpinClock(spins_ ? kNextSpin : kFirstSpin, spins_);
}

void InsideHost::OnSpin() {
  if (std::exchange(spins_, true)) return;
  if (progress_ != nullptr) progress_->spins = true;
  StartSpinClock(kNextSpin, spins_);
}

int64_t InsideHost::realtime_ahead_ns() const { return kKernel.realtime_ahead_ns; }

int64_t InsideHost::Memory() {
  if (has_heap_) return ProgramHeap().bytes;
  // No stream: libc's would take the program's memory.
  std::array<char, 128> text = {};
  const FileDescriptor file(open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  if (read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
  long pages = 0;
  long resident = 0;
  long shared = 0;
  if (std::sscanf(text.data(), "%ld %ld %ld", &pages, &resident, &shared) != 3) return 0;
  return (resident - shared) * sysconf(_SC_PAGESIZE);
}

void InsideHost::MarkThread(std::string& line) {
  if (!scheduler_.has_threads()) return;
  line.insert(0, fmt::format("[{}] ", scheduler_.LabelOf(scheduler_.current())));
}

HeapBlocks InsideHost::BlocksBySize() {
  if (!has_heap_) return {};
  return {.live = &ProgramBlocksBySize(), .known = &progress_->heap_growth};
}

bool InsideHost::Listens() {
  for (const DrivenKernel::Descriptor& descriptor : kernel_.OpenDescriptors()) {
    if (descriptor.kind != DrivenKernel::DescriptorKind::kListener) continue;
    sockaddr_storage address = {};
    socklen_t length = sizeof address;
    Invoke<Call::kGetsockname>(kernel_, descriptor.fd, reinterpret_cast<sockaddr*>(&address),
                               &length);
    // The port is at the same place in an address of either family.
    if (ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port) == port_) return true;
  }
  return false;
}

// A thread sleeps.
void InsideHost::OnBlock(Call call, int fd, int64_t deadline_ns) {
  if (SendDueSignals()) return;
  if (scheduler_.has_threads()) {
    void* const mine = kernel_.ExchangeSleepingCall(nullptr);
    scheduler_.SleepInCall(call, fd, deadline_ns, mine);
    kernel_.ExchangeSleepingCall(mine);
    if (scheduler_.IsCancelled()) kernel_.WakeBlockedCall();
    return;
  }
  if (stage_ == Stage::kStarting) {
    if (!Listens()) return WaitToStart(CallName(call), deadline_ns);
    MeetDriver();
  }
  // What it has done so far in the call, clients may act on.
  if (kernel_.HasChangedPeers()) return run_.OnPeersChanged();
  run_.OnBlock(call, fd, deadline_ns);
}

// All of several sleep, or the only one at a lock.
void InsideHost::OnAllBlocked(int64_t deadline_ns) {
  if (SendDueSignals()) return;
  // Signals are for the first thread.
  kernel_.ExchangeSleepingCall(scheduler_.SleepingCallOf(0));
  const uint64_t interruptions = kernel_.interruptions();
  LetSomethingHappen(deadline_ns);
  if (kernel_.interruptions() != interruptions) scheduler_.Interrupt(0);
}

void InsideHost::LetSomethingHappen(int64_t deadline_ns) {
  if (stage_ == Stage::kStarting) {
    // One that sleeps for a moment is still at its start.
    const bool is_soon = deadline_ns >= 0 && deadline_ns - now_ns() < kSoonNs;
    const bool may_wait = is_soon && ++short_waits_ <= kMostShortWaits;
    if (!Listens() || may_wait) return WaitToStart("all its threads", deadline_ns);
    MeetDriver();
  }
  if (kernel_.HasChangedPeers()) return run_.OnPeersChanged();
  if (stage_ == Stage::kOnScenario) LookForDeadlock();
  std::vector<DrivenKernel::SleepingCall> calls;
  for (const SleepingThread& sleeping : scheduler_.Sleepers()) {
    const PeerId peer = sleeping.fd < 0 ? kNoPeer : kernel_.PeerOf(sleeping.fd);
    if (peer != kNoPeer) calls.push_back({.call = sleeping.call, .peer = peer});
  }
  kernel_.set_sleeping_calls(std::move(calls));
  run_.OnThreadsBlock(deadline_ns);
}

void InsideHost::LookForDeadlock() {
  // A timer of the program's may run a handler, and so may a signal that is still to come.
  bool none_can_be_woken = kernel_.NextTimerNs() < 0;
  for (int number = 1; number < SIGRTMAX && none_can_be_woken; ++number) {
    const auto disposition = kernel_.SignalDisposition(number);
    none_can_be_woken = run_.ledger().asked_to_stop || IsFaultSignal(number) ||
                        disposition != DrivenKernel::Disposition::kHandled;
  }
  if (const auto deadlock = FindDeadlock(scheduler_, none_can_be_woken)) {
    run_.EndInDeadlock(deadlock->what, deadlock->context);
  }
}

// Nothing has happened yet that the program could wait for, but time.
void InsideHost::WaitToStart(std::string_view sleeper, int64_t deadline_ns) {
  const int64_t timer = kernel_.NextTimerNs();
  const int64_t next = deadline_ns < 0 ? timer
                       : timer < 0     ? deadline_ns
                                       : std::min(deadline_ns, timer);
  if (next < 0 || ++waits_to_start_ > kMostWaitsToStart) {
    OnRefused(fmt::format("it does not listen on port {}, and sleeps ({}) {}", port_, sleeper,
                          next < 0 ? "for ever" : "again and again"));
  }
  kernel_.AdvanceTo(next);
}

void InsideHost::MeetDriver() {
  if (ForkingProcess() != 0) OnRefused("it serves in a process that another of its own forked");
  if (!line_.Connect(driver_)) EndProcess(0);
  const uint64_t edges = CountEdges();
  line_.Send(MessageKind::kHello, Encode(edges));
  progress_ = &line_.ReceivePage();
  const auto facts = Decode<ServerFacts>(line_.Receive(MessageKind::kSetUp));
  target_.name = facts.name;
  target_.protocol = facts.protocol;
  if (facts.has_exchange) target_.exchange = std::make_shared<const Exchange>(facts.exchange);
  if (map_ != nullptr) {
    CountEdgesIn(map_);
    call_coverage_.Attach(map_ + edges);
    gate_.set_coverage(&call_coverage_);
  }
  options_.progress = &progress_->marks;
  has_heap_ = ProgramHeap().blocks > 0 && !CollectsGarbage();
  progress_->counts_heap = has_heap_;
  stage_ = Stage::kWarmingUp;
  run_.BeginScenario(nothing_, target_, options_);
  gate_.set_top(run_.top());
}

// In the fork server, until its driver has gone; returns in each child, with the child's job begun.
void InsideHost::OnReady() {
  if (stage_ != Stage::kWarmingUp) return;
  stage_ = Stage::kServing;
  descriptors_ = kernel_.open_descriptor_count();
  threads_ = scheduler_.living();
  line_.Send(MessageKind::kReady);
  while (true) {
    const std::string job = line_.Receive(MessageKind::kJob);
    const pid_t server = getpid();
    const pid_t child = _Fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != server) EndProcess(0);
      stage_ = Stage::kOnScenario;
      WatchFaults();
      has_spin_clock_ = false;
      if (scheduler_.has_threads()) StartSpins();
      ReopenStandardStreams();
      return BeginJob(job);
    }
    int status = 0;
    if (child > 0) {
      while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
      }
    }
    line_.Send(MessageKind::kEnded, Encode(status));
  }
}

void InsideHost::BeginJob(const std::string& bytes) {
  job_ = Decode<Job>(bytes);
  options_.record_time_line = job_.record_time_line;
  call_log_.watched = job_.watched;
  options_.find_blame = job_.find_blame;
  options_.call_log = job_.log_calls ? &call_log_ : nullptr;
  options_.client_views = job_.record_views ? &views_ : nullptr;
  options_.stacks_at = job_.stacks_at;
  options_.heap_stacks = job_.heap_stacks;
  scheduler_.Follow(job_.scenario.schedule);
  if (call_coverage_.is_attached()) call_coverage_.Begin();
  run_.BeginScenario(job_.scenario, target_, options_);
  gate_.set_top(run_.top());
}

// Nothing is left of the scenario: another that begins here is as one in a fresh process.
bool InsideHost::IsAsItWas() {
  if (run_.HasFoundAny() || kernel_.open_descriptor_count() != descriptors_ ||
      scheduler_.living() != threads_ || scheduler_.made() > kMostThreads) {
    return false;
  }
  for (size_t i = 0; i < run_.ledger().client_count; ++i) {
    const auto server = kernel_.ServerSide(run_.clients().PeerOf(static_cast<int>(i)));
    const bool is_over = server.state == TcpState::kClosed || server.state == TcpState::kTimeWait;
    if (server.fd >= 0 || server.held || !is_over) return false;
  }
  return true;
}

bool InsideHost::GoesOnWithNext() {
  if (job_.alone || ++jobs_ >= kMostJobs || !IsAsItWas()) return false;
  JobResult result = TakeResult();
  result.stays = true;
  line_.Send(MessageKind::kResult, Encode(result));
  BeginJob(line_.Receive(MessageKind::kJob));
  return true;
}

JobResult InsideHost::TakeResult() {
  if (call_coverage_.is_attached()) TakeEdgeCounts();
  JobResult result;
  result.run = run_.FinishRun();
  result.run.has_threads = scheduler_.has_threads();
  if (scheduler_.switches_by_time() > 0) {
    result.run.remark =
        "a thread that made no call, while others could run, was switched by the processor's time: "
        "such a run is not the same each time";
  }
  result.calls = std::move(call_log_.calls);
  result.views = std::move(views_);
  return result;
}

void InsideHost::EndJob() {
  line_.Send(MessageKind::kResult, Encode(TakeResult()));
  EndProcess(0);
}

void InsideHost::LeaveServer() {
  if (stage_ != Stage::kOnScenario) OnRefused("it cannot be warmed up: it does not come to rest");
  EndJob();
}

}  // namespace hupstorm::inside
