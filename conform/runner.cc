#include "conform/runner.h"

#include <errno.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "kernel/trace/symbols.h"

namespace hupstorm::conform {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long Linux may take to do what the simulation has done.
constexpr milliseconds kQuickPatience{5};
constexpr milliseconds kLongPatience{300};  // more than any timer of TCP's that programs set off
constexpr int kDrainPatienceMs = 1000;
constexpr time_t kWatchdogSeconds = 5;  // a call that sleeps is interrupted
constexpr int kConfirmations = 2;

struct WouldSleep {};

// May make the other end of a connection see something.
bool Moves(Code code) {
  return code == Code::kAccept ||
         (code >= Code::kConnect && code <= Code::kDrain && code != Code::kListen);
}

bool TakesUrgent(const Operation& operation) {
  return TakesFlags(operation.code) && (operation.flags & MSG_OOB) != 0;
}

// What a result says, without the numbers that shrinking changes.
std::string ResultClass(const Outcome& outcome) {
  if (outcome.result == -1) return ErrorName(outcome.error);
  return outcome.result == 0 ? "0" : "some";
}

std::string KindOf(Code code, const Outcome& simulated, const Outcome& host) {
  std::string kind(CodeName(code));
  if (!host.in_order || !simulated.in_order) return kind + " out of order";
  const std::string simulated_class = ResultClass(simulated);
  const std::string host_class = ResultClass(host);
  if (simulated_class != host_class) {
    return fmt::format("{}: {} on Linux, {} simulated", kind, host_class, simulated_class);
  }
  if (simulated.sigpipes != host.sigpipes) return kind + ": SIGPIPE";
  if (simulated.result != host.result) return kind + ": result";
  if (simulated.values != host.values || simulated.value_count != host.value_count) {
    return kind + ": value";
  }
  if (simulated.bytes != host.bytes) return kind + ": bytes";
  for (size_t i = 0; i < simulated.events.size() && i < host.events.size(); ++i) {
    const Seen& a = simulated.events[i];
    const Seen& b = host.events[i];
    if (a.data != b.data) return kind + ": order of events";
    if (a.events == b.events) continue;
    return fmt::format("{}: {} on Linux, {} simulated", kind, EpollEventNames(b.events),
                       EpollEventNames(a.events));
  }
  return kind + ": events";
}

}  // namespace

Runner::Runner(SimulatedKernel& kernel, Syscalls& simulation, Syscalls& host)
    : kernel_(kernel), simulated_(simulation, 0), host_(host, kDrainPatienceMs) {
  struct sigaction alarm = {};
  alarm.sa_handler = [](int) {};  // no SA_RESTART: it ends the call
  sigaction(SIGALRM, &alarm, &former_alarm_);
  sigaction(SIGPIPE, nullptr, &former_pipe_);
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGALRM;
  event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
  if (timer_create(CLOCK_MONOTONIC, &event, &watchdog_) != 0) {
    sigaction(SIGALRM, &former_alarm_, nullptr);
    throw std::runtime_error("cannot make a timer: " + ErrorName(errno));
  }
}

Runner::~Runner() {
  kernel_.set_driver(nullptr);
  timer_delete(watchdog_);
  sigaction(SIGPIPE, &former_pipe_, nullptr);
  sigaction(SIGALRM, &former_alarm_, nullptr);
}

void Runner::ArmWatchdog() {
  const itimerspec value = {.it_interval = {.tv_sec = 1, .tv_nsec = 0},
                            .it_value = {.tv_sec = kWatchdogSeconds, .tv_nsec = 0}};
  timer_settime(watchdog_, 0, &value, nullptr);
}

RunResult Runner::Confirm(const Program& program) {
  RunResult result;
  for (int i = 0; i < kConfirmations; ++i) {
    result = Run(program, true);
    if (!result.mismatch) break;
  }
  return result;
}

void Runner::OnBlock(Call, int, int64_t) { throw WouldSleep(); }

RunResult Runner::Run(const Program& program, bool patiently, const Observer& observer) {
  // A loopback address for each program: pairs of addresses that rest in TIME-WAIT do not meet.
  next_address_ = (next_address_ + 1) % 0xfffff0;
  const uint32_t ip = INADDR_LOOPBACK + 0x100 + next_address_;
  kernel_.Reset();
  kernel_.set_driver(this);
  uncertain_ = {};
  watched_ = 0;
  simulated_.Start(ip, program.fills_buffers);
  host_.Start(ip, program.fills_buffers);
  asks_unsent_ = std::any_of(program.operations.begin(), program.operations.end(),
                             [](const Operation& it) { return it.code == Code::kUnsent; });
  ArmWatchdog();
  RunResult result;
  for (size_t i = 0; i < program.operations.size() && !result.mismatch; ++i) {
    const Operation& operation = program.operations[i];
    if (MustSkip(operation)) continue;
    TrackEndWhileFull(operation);
    try {
      simulated_.Do(operation, &simulated_outcome_);
    } catch (const WouldSleep&) {
      break;  // what it has done by then cannot be undone
    }
    if (operation.code == Code::kEpollAdd && operation.other != kNoSlot) {
      AwaitFinAcknowledged(operation.other);
    }
    host_.Do(operation, &host_outcome_);
    ++calls_;
    if (host_outcome_.result == -1 && operation.made != kNoSlot &&
        (host_outcome_.error == EMFILE || host_outcome_.error == ENFILE ||
         host_outcome_.error == ENOBUFS || host_outcome_.error == EACCES)) {
      host_.Finish();
      throw std::runtime_error(fmt::format("Linux does not let hupstorm make a descriptor: {}",
                                           ErrorName(host_outcome_.error)));
    }
    PrepareHostSocket(operation);
    TrackFull(operation);
    if (operation.code == Code::kEpollAdd && host_.IsOpen(operation.other)) {
      watched_ |= 1u << host_.Origin(operation.other);
    }
    result.mismatch = Compare(program, i, &result);
    if (result.mismatch) break;
    Settle(operation, patiently);
    result.mismatch = CompareReadiness(program, i);
    if (observer && !result.mismatch) observer(program, i, host_outcome_, host_ready_);
  }
  host_.Finish();
  return result;
}

bool Runner::IsFull(int slot) const { return slot != kNoSlot && uncertain_[slot].filled; }

bool Runner::IsWatched(int slot) const {
  return host_.IsOpen(slot) && (watched_ & (1u << host_.Origin(slot))) != 0;
}

// How much a reader finds in buffers that were full is no more promised than how much they took.
bool Runner::MustSkip(const Operation& operation) const {
  if (operation.slot == kNoSlot) return false;
  if (simulated_.MadeBy(operation.slot) == Code::kSocketpair && TakesUrgent(operation)) return true;
  if (operation.code == Code::kUnsent) return IsFull(operation.slot);
  const bool reads = IsReceive(operation.code) || operation.code == Code::kUnread;
  return reads && IsFull(simulated_.Partner(operation.slot));
}

void Runner::TrackFull(const Operation& operation) {
  if (operation.slot == kNoSlot) return;
  Uncertain& own = uncertain_[operation.slot];
  const int8_t partner = simulated_.Partner(operation.slot);
  if (operation.code == Code::kFill) {
    own.filled = true;
    if (partner != kNoSlot && simulated_.ReadIsShut(partner)) {
      own.calls = uncertain_[partner].calls = Uncertain::Calls::kForGood;
    }
  }
  if (operation.code == Code::kEpollWait) {
    for (int8_t i = 0; i < kSlots; ++i) {
      if (!IsFull(i)) continue;
      uncertain_[i].edges = true;
      const int8_t reader = simulated_.Partner(i);
      if (reader != kNoSlot) uncertain_[reader].edges = true;
    }
  }
  if (operation.code != Code::kDrain || partner == kNoSlot) return;
  Uncertain& others = uncertain_[partner];
  others.filled = false;
  if (own.filled) return;  // the other direction
  for (Uncertain* end : {&own, &others}) {
    if (end->calls == Uncertain::Calls::kUntilDrained) end->calls = Uncertain::Calls::kComparable;
  }
}

// Comes before the call is judged. A reset ends a connection whatever its buffers hold; a FIN waits
// behind what does not fit, and what comes first then is Linux's to choose.
void Runner::TrackEndWhileFull(const Operation& operation) {
  using Calls = Uncertain::Calls;
  if (operation.slot == kNoSlot || !Moves(operation.code)) return;
  const int8_t partner = simulated_.Partner(operation.slot);
  const Calls before = uncertain_[operation.slot].calls;
  Calls calls = Calls::kComparable;
  if (before == Calls::kUntilDrained && operation.code != Code::kDrain) calls = Calls::kForGood;
  const bool ends = operation.code == Code::kShutdown || operation.code == Code::kClose;
  if (IsFull(operation.slot) && ends) calls = std::max(calls, Calls::kUntilDrained);
  if (IsFull(partner) && operation.code == Code::kShutdown) calls = Calls::kForGood;
  for (const int8_t slot : {operation.slot, partner}) {
    if (slot == kNoSlot) continue;
    Uncertain& end = uncertain_[slot];
    end.calls = std::max(end.calls, calls);
  }
}

// Congestion control that paces would let bytes arrive late; Reno, which every Linux has, does not.
// And if Linux knows how (since 6.15), acknowledgments are put off for one tick at most.
void Runner::PrepareHostSocket(const Operation& operation) {
  if (operation.code != Code::kSocket && operation.code != Code::kListener) return;
  static constexpr char kReno[] = "reno";
  static constexpr int kDelackMaxUs = 46;  // TCP_DELACK_MAX_US
  const int fd = host_.fd(operation.made);
  const int most_us = 1000;
  Invoke<Call::kSetsockopt>(host_.kernel(), fd, IPPROTO_TCP, TCP_CONGESTION, kReno,
                            sizeof(kReno) - 1);
  Invoke<Call::kSetsockopt>(host_.kernel(), fd, IPPROTO_TCP, kDelackMaxUs, &most_us,
                            sizeof(most_us));
}

std::optional<Mismatch> Runner::Compare(const Program& program, size_t index, RunResult* result) {
  if (simulated_outcome_ == host_outcome_) return std::nullopt;
  const int8_t slot = program.operations[index].slot;
  const Code made_by = slot == kNoSlot ? Code::kClose : host_.MadeBy(slot);
  const Disagreement disagreement = {.program = program,
                                     .operation = index,
                                     .simulated = simulated_outcome_,
                                     .host = host_outcome_,
                                     .uncertain = uncertain_,
                                     .made_by = made_by};
  if (FindDeclared(disagreement) != nullptr) {
    ++result->declared;
    return std::nullopt;
  }
  return Mismatch{
      .operation = index,
      .simulated = simulated_outcome_,
      .host = host_outcome_,
      .kind = KindOf(program.operations[index].code, simulated_outcome_, host_outcome_)};
}

std::optional<Mismatch> Runner::CompareReadiness(const Program& program, size_t index) {
  const size_t i = FirstUnready();
  if (i == host_ready_.size()) return std::nullopt;
  const int slot = static_cast<int>(host_ready_[i].data);
  const uint32_t simulated = Comparable(simulated_ready_[i].events, slot, uncertain_);
  const uint32_t host = Comparable(host_ready_[i].events, slot, uncertain_);
  return Mismatch{.operation = index,
                  .of_readiness = true,
                  .simulated = simulated_outcome_,
                  .host = host_outcome_,
                  .slot = slot,
                  .simulated_events = simulated,
                  .host_events = host,
                  .kind = fmt::format("after {}: only Linux {}, only simulated {}",
                                      CodeName(program.operations[index].code),
                                      PollEventNames(static_cast<int>(host & ~simulated)),
                                      PollEventNames(static_cast<int>(simulated & ~host)))};
}

// The first descriptor that is not as ready on both; as many as there are if there is none.
size_t Runner::FirstUnready() const {
  size_t i = 0;
  for (; i < simulated_ready_.size() && i < host_ready_.size(); ++i) {
    const int slot = static_cast<int>(host_ready_[i].data);
    if (Comparable(host_ready_[i].events, slot, uncertain_) !=
        Comparable(simulated_ready_[i].events, slot, uncertain_)) {
      return i;
    }
  }
  return host_ready_.size();
}

bool Runner::IsSettled(bool patiently) {
  host_.Look(&host_ready_);
  if (host_ready_.size() != simulated_ready_.size()) return true;  // told by the call itself
  if (FirstUnready() != host_ready_.size()) return false;
  return !patiently || std::all_of(host_ready_.begin(), host_ready_.end(), [&](const Seen& seen) {
    const int slot = static_cast<int>(seen.data);
    if (!host_.IsTcp(slot) || IsFull(simulated_.Partner(slot))) return true;
    return simulated_.Asked(slot, FIONREAD) == host_.Asked(slot, FIONREAD);
  });
}

void Runner::Settle(const Operation& operation, bool patiently) {
  if (Moves(operation.code)) {
    // A delayed acknowledgment goes out when quick ones are asked for.
    for (int i = 0; i < kSlots; ++i) {
      if (!host_.IsTcp(i) || host_.MadeBy(i) == Code::kListener) continue;
      const int on = 1;
      Invoke<Call::kSetsockopt>(host_.kernel(), host_.fd(i), IPPROTO_TCP, TCP_QUICKACK, &on,
                                sizeof(on));
    }
    if (operation.code == Code::kShutdown && IsWatched(operation.slot)) {
      AwaitFinAcknowledged(operation.slot);
    }
    if (asks_unsent_) AwaitAcknowledged();
  }
  simulated_.Look(&simulated_ready_);
  if (IsSettled(patiently)) return;
  const Clock::time_point end = Clock::now() + (patiently ? kLongPatience : kQuickPatience);
  while (!IsSettled(patiently) && Clock::now() < end) {
    if (patiently) {
      Pause();
    } else {
      sched_yield();
    }
  }
}

void Runner::Pause() { Invoke<Call::kPoll>(host_.kernel(), nullptr, 0, 1); }

// The acknowledgment of a FIN is news to the socket that sent it (edge-triggered epoll reports it),
// and Linux puts it off if nothing can call for it: the other end was not accepted yet.
void Runner::AwaitFinAcknowledged(int slot) {
  if (!host_.IsTcp(slot) || host_.MadeBy(slot) == Code::kListener || IsFull(slot)) return;
  const Clock::time_point end = Clock::now() + kLongPatience;
  while (host_.TcpState(slot) == TCP_FIN_WAIT1 && Clock::now() < end) Pause();
}

// Linux puts off the acknowledgment of what was not read yet. What a connection that ended leaves
// unsent tells whether it has come.
void Runner::AwaitAcknowledged() {
  const Clock::time_point end = Clock::now() + kLongPatience;
  for (int i = 0; i < kSlots; ++i) {
    if (!host_.IsTcp(i) || IsFull(i)) continue;
    const int unsent = simulated_.Asked(i, SIOCOUTQ);
    if (unsent < 0) continue;
    for (int on_host = host_.Asked(i, SIOCOUTQ);
         on_host >= 0 && on_host != unsent && Clock::now() < end;
         on_host = host_.Asked(i, SIOCOUTQ)) {
      Pause();
    }
  }
}

}  // namespace hupstorm::conform
