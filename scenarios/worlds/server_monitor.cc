#include "scenarios/worlds/server_monitor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>

#include "scenarios/worlds/server_log.h"

namespace hupstorm {
namespace {

// An end of input or an error is news once; a server that fetches it again and again gets nowhere.
constexpr int kNewsOfEnd = 4;
// A server may wake itself (eventfd, pipe) so often before something else must move.
constexpr int kMostSelfWakes = 64;
// A log line is looked at up to this length.
constexpr size_t kLogLine = 4096;
// So many incidents of one kind are enough for a run: the server goes on as it began.
constexpr size_t kMostIncidents = 8;

bool IsLog(int fd) { return fd == STDOUT_FILENO || fd == STDERR_FILENO; }

// Long enough to be no busy loop however often it comes.
bool IsLongSleep(const SystemCall& call) {
  constexpr long kLongNs = 10'000'000;
  const auto* const request = call.Pointer<const timespec>(0);
  return call.result == 0 && request != nullptr &&
         (request->tv_sec > 0 || request->tv_nsec >= kLongNs);
}

std::string EventNames(uint32_t events) {
  std::string names;
  const auto add = [&](uint32_t bit, std::string_view name) {
    if ((events & bit) == 0) return;
    if (!names.empty()) names += '|';
    names += name;
  };
  add(EPOLLIN, "IN");
  add(EPOLLPRI, "PRI");
  add(EPOLLOUT, "OUT");
  add(EPOLLERR, "ERR");
  add(EPOLLHUP, "HUP");
  add(EPOLLRDHUP, "RDHUP");
  return names;
}

}  // namespace

ServerMonitor::ServerMonitor(Syscalls& inner, Ledger& ledger, MonitorHost& host)
    : SyscallsLayer(inner), ledger_(ledger), host_(host), thread_(&threads_[0]) {}

void ServerMonitor::Start(bool names_client, std::atomic<uint64_t>* progress) {
  progress_ = progress != nullptr ? progress : &no_progress_;
  placed_.clear();
  log_line_.clear();
  names_client_ = names_client;
  calls_ = 0;
  last_call_.reset();
  std::erase_if(threads_, [](const auto& entry) { return entry.first != 0; });
  threads_[0] = {};
  SwitchTo(0);
  OnStep();
}

void ServerMonitor::OnStep() {
  MarkProgress();
  ++moves_;
  for (auto& [number, thread] : threads_) thread.self_wakes = 0;
}

void ServerMonitor::ForgetFruitless() {
  thread_->moves = moves_;
  thread_->fruitless_wakes = thread_->fruitless_passes = thread_->fruitless_calls = 0;
  thread_->fruitless_events = 0;
}

uint64_t ServerMonitor::last_call() const {
  CallHistory history;
  if (last_call_) history.Add(last_call_->family, last_call_->result, last_call_->error);
  return history.value();
}

void ServerMonitor::Place(int step, const Placement& placement) {
  placed_.push_back({.step = step, .placement = placement, .seen = 0});
}

std::vector<int> ServerMonitor::TakePlaced() {
  std::vector<int> steps;
  for (const Placed& placed : placed_) steps.push_back(placed.step);
  placed_.clear();
  return steps;
}

// A server that has been seen to spin often enough is not given the time to spin again: only to
// look twice at all that is ready, which may take several waits.
bool ServerMonitor::IsSpinning() const {
  constexpr int kOnceKnown = 2;
  return thread_->fruitless_wakes >= kFruitlessWakes ||
         (ledger_.spins.size() >= kMostIncidents && thread_->fruitless_passes >= kOnceKnown);
}

bool ServerMonitor::Enter(SystemCall& call) {
  CountFromLastMove();
  ++calls_;
  MarkProgress();
  const CallFamily family = FamilyOf(call.call);
  ThreadFacts& thread = *thread_;
  const int fd = call.Fd();
  thread.client = fd >= 0 ? host_.ClientOf(fd) : -1;
  if (thread.client >= 0) thread.last_client = thread.client;
  if (family == CallFamily::kSend && IsLog(fd) && TakeLog(call)) return false;
  if (family == CallFamily::kWait && IsSpinning()) {
    EndSpin();
  } else if (++thread.fruitless_calls >= kFruitlessCalls) [[unlikely]] {
    EndFruitlessCalls(call, family);
  }
  if (!placed_.empty()) CarryOutPlaced(call);
  if (family == CallFamily::kClose && host_.IsOffLimits(fd)) {
    call.Fail(EBADF);
    return false;
  }
  return true;
}

void ServerMonitor::EndSpin() {
  ReportSpin(fmt::format("the server was woken {} times in a row{} and nothing moved",
                         kFruitlessWakes, thread_->wake_reason));
  OnStep();
  host_.OnSpin();
}

void ServerMonitor::EndFruitlessCalls(const SystemCall& call, CallFamily family) {
  if (!MayThrow(call.call) || family == CallFamily::kClose || host_.IsInRetrospect()) return;
  ReportSpin(
      fmt::format("the server made {} calls in a row, {} the last of them, and nothing moved",
                  kFruitlessCalls, CallName(call.call)));
  OnStep();
  host_.OnSpin();
}

void ServerMonitor::CarryOutPlaced(const SystemCall& call) {
  const CallFamily family = FamilyOf(call.call);
  // A placed step may end up placing nothing itself, but the list may change under it; the steps
  // that fall now are taken out first.
  int due[8];
  size_t due_count = 0;
  for (size_t i = 0; i < placed_.size() && due_count < std::size(due);) {
    Placed& placed = placed_[i];
    const Placement& at = placed.placement;
    bool fits = at.call == CallFamily::kAny || at.call == family;
    if (fits && !at.any_client) {
      fits = thread_->client >= 0 && ledger_.clients[thread_->client].letter == at.client.letter &&
             ledger_.clients[thread_->client].index == at.client.first;
    }
    if (fits && ++placed.seen == at.occurrence) {
      due[due_count++] = placed.step;
      placed_.erase(placed_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  for (size_t i = 0; i < due_count; ++i) host_.CarryOutPlaced(due[i]);
}

// The server logs about what it did last, so the line belongs to the call before this one.
void ServerMonitor::EndLogLine() {
  const bool enough = ledger_.foreign_log_lines.size() >= kMostIncidents;
  const std::string foreign =
      enough ? "" : ForeignLogLine(log_line_, ledger_, names_client_, thread_->last_client);
  if (!foreign.empty()) {
    ledger_.foreign_log_lines.push_back({.what = foreign, .step = host_.CurrentStep()});
  }
  host_.OnLogLine(log_line_);
  if (!foreign.empty()) host_.OnIncident();
  log_line_.clear();
}

bool ServerMonitor::IsLogLine(const SystemCall& call) {
  return (call.call == Call::kWrite || call.call == Call::kWritev) && IsLog(call.Fd());
}

bool ServerMonitor::TakeLog(SystemCall& call) {
  const auto take = [this](const char* bytes, size_t count) {
    std::string_view left(bytes, count);
    while (!left.empty()) {
      const size_t end = left.find('\n');
      log_line_ += left.substr(0, end).substr(0, kLogLine - log_line_.size());
      if (end == std::string_view::npos) return;
      left.remove_prefix(end + 1);
      EndLogLine();
    }
  };
  int64_t total = 0;
  if (call.call == Call::kWrite) {
    take(call.Pointer<const char>(1), call.Size(2));
    total = call.arguments[2];
  } else if (call.call == Call::kWritev) {
    const auto* parts = call.Pointer<const iovec>(1);
    for (int i = 0; i < call.Int(2); ++i) {
      take(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
      total += static_cast<int64_t>(parts[i].iov_len);
    }
  } else {
    return false;
  }
  call.result = total;
  call.error = 0;
  return true;
}

void ServerMonitor::Leave(SystemCall& call) {
  const CallFamily family = FamilyOf(call.call);
  if (call.result < 0) {
    switch (call.error) {
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
      case ENOSPC:
        ledger_.resource_shortage = true;
        break;
      default:
        break;
    }
  }
  if (family == CallFamily::kWait) {
    CountWake(call);
  } else if (call.call == Call::kNanosleep && IsLongSleep(call)) {
    ++moves_;  // it gives what it waits for some time
  } else {
    CountProgress(call, family);
  }
  if (family != CallFamily::kClose || std::uncaught_exceptions() == 0) {
    last_call_ = {.family = family, .error = call.error, .result = call.result};
  }
  if (call.error == EBADF || call.call == Call::kPoll) LookForMisuse(call);
  host_.AfterCall(call);
}

void ServerMonitor::CountProgress(const SystemCall& call, CallFamily family) {
  bool moved = false;
  switch (family) {
    case CallFamily::kAccept:
      moved = call.result >= 0 || call.error == ECONNABORTED;  // which takes a client off the queue
      if (call.result >= 0) thread_->last_client = host_.ClientOf(static_cast<int>(call.result));
      break;
    case CallFamily::kClose:
      moved = call.result >= 0;
      break;
    case CallFamily::kRecv:
    case CallFamily::kSend:
      if (thread_->client < 0) {
        moved = call.result > 0 && !IsLog(call.Fd()) && ++thread_->self_wakes <= kMostSelfWakes;
      } else if (call.result > 0) {
        moved = true;
        thread_->self_wakes = 0;
      } else if (BytesAsked(call) > 0 && call.error != EAGAIN && call.error != EINTR) {
        moved = ++ledger_.clients[thread_->client].ends_seen <= kNewsOfEnd;
      }
      break;
    default:
      break;
  }
  if (thread_->client >= 0) {
    ClientFacts& client = ledger_.clients[thread_->client];
    if (family != CallFamily::kOther) client.history.Add(family, call.result, call.error);
    // A server may turn a client away for want of memory, or of room in an fd_set.
    if (family == CallFamily::kClose && call.result == 0 && client.consumed == 0 &&
        (ledger_.resource_shortage || call.Fd() >= FD_SETSIZE)) {
      client.turned_away = true;
    }
    if (call.result > 0 && family == CallFamily::kRecv) {
      const bool peek =
          call.call == Call::kRecv && (MessageFlags(call) & (MSG_PEEK | MSG_OOB)) != 0;
      if (!peek) {
        client.consumed += static_cast<uint64_t>(call.result);
        ++client.reads;
        client.stream.CountRead();
      }
    } else if (call.result > 0 && family == CallFamily::kSend) {
      client.answered += static_cast<uint64_t>(call.result);
    }
  }
  if (moved) ++moves_;
}

void ServerMonitor::CountWake(const SystemCall& call) {
  CountFromLastMove();
  const int64_t now = host_.NowNs();
  const bool time_went_by = now != thread_->last_wait_ns;
  thread_->last_wait_ns = now;
  if (call.result < 0 || (call.result == 0 && time_went_by)) {
    // Interrupted, or its time was up: it was right to wake.
    thread_->fruitless_wakes = thread_->fruitless_passes = thread_->fruitless_events = 0;
    return;
  }
  CountPass(call);
  if (++thread_->fruitless_wakes < kFruitlessWakes) return;
  // About to be called a busy loop: say by what.
  thread_->woken_client = -1;
  thread_->woken_events = 0;
  if (call.result > 0 && call.call == Call::kEpollWait) {
    const auto* events = call.Pointer<const epoll_event>(1);
    thread_->woken_events = events[0].events;
    // Most servers keep the descriptor in `data`; for others the client stays unnamed.
    if (events[0].data.u64 < 1'000'000) thread_->woken_client = host_.ClientOf(events[0].data.fd);
  } else if (call.result > 0 && call.call == Call::kPoll) {
    const auto* fds = call.Pointer<const pollfd>(0);
    for (size_t i = 0; i < call.Size(1); ++i) {
      if (fds[i].revents == 0) continue;
      thread_->woken_events = static_cast<uint32_t>(static_cast<uint16_t>(fds[i].revents));
      thread_->woken_client = host_.ClientOf(fds[i].fd);
      break;
    }
  }
  thread_->wake_reason =
      thread_->woken_events != 0 ? " by " + EventNames(thread_->woken_events) : "";
  if (thread_->woken_client >= 0) {
    thread_->wake_reason += fmt::format(" on {}'s connection",
                                        ledger_.ClientName(ledger_.clients[thread_->woken_client]));
  }
}

// Where more is ready than one epoll_wait returns, the next ones return the rest (epoll_wait(2)).
void ServerMonitor::CountPass(const SystemCall& call) {
  const bool is_full = call.call == Call::kEpollWait && call.result == call.Int(2);
  if (is_full) {
    thread_->fruitless_events += call.result;
    if (thread_->fruitless_events <= host_.MostReady()) return;
  }
  thread_->fruitless_events = 0;
  ++thread_->fruitless_passes;
}

void ServerMonitor::ReportSpin(std::string_view how) {
  uint64_t context = thread_->woken_events;
  if (thread_->woken_client >= 0) {
    context |= ledger_.clients[thread_->woken_client].history.value() << 16;
  }
  if (ledger_.spins.size() >= kMostIncidents || host_.WasHindered()) return;
  ledger_.spins.push_back({.what = std::string(how),
                           .client = thread_->woken_client,
                           .step = host_.CurrentStep(),
                           .context = context});
  host_.OnIncident();
}

void ServerMonitor::AddMisuse(const SystemCall& call, int fd, std::string_view what) {
  if (ledger_.misuses.size() >= kMostIncidents) return;
  ledger_.misuses.push_back(
      {.what = fmt::format("{} on descriptor {}, {}", CallName(call.call), fd, what),
       .step = host_.CurrentStep(),
       .context = static_cast<uint64_t>(call.call)});
  host_.OnIncident();
}

void ServerMonitor::LookForMisuse(const SystemCall& call) {
  if (call.call == Call::kPoll) {
    if (call.result <= 0) return;
    const auto* fds = call.Pointer<const pollfd>(0);
    for (size_t i = 0; i < call.Size(1); ++i) {
      if ((fds[i].revents & POLLNVAL) != 0) {
        AddMisuse(call, fds[i].fd, "which is not open: POLLNVAL");
      }
    }
    return;
  }
  if (call.call == Call::kSelect) {
    AddMisuse(call, -1, "with a set that holds a descriptor that is not open: EBADF");
  } else if (call.call == Call::kEpollCtl) {
    AddMisuse(call, call.Int(2), "which is not open: EBADF");
  } else {
    AddMisuse(call, call.Fd(), "which is not open: EBADF");
  }
}

}  // namespace hupstorm
