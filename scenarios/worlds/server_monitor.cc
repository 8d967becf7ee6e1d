#include "scenarios/worlds/server_monitor.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>

#include "base/timespec.h"

namespace hupstorm {
namespace {

// A limit on clients that is a server's policy, and no mistake, is not below this.
constexpr int kFewestTaken = 16;

// Long enough to be no busy loop however often it comes.
bool IsLongSleep(const SystemCall& call) {
  constexpr long kLongNs = 1'000'000;
  const auto* const request = call.Pointer<const timespec>(0);
  return call.result == 0 && request != nullptr &&
         (request->tv_sec > 0 || request->tv_nsec >= kLongNs);
}

// After how long a wait would end by itself: a server that is woken in vain before that acts on its
// timers all the same. -1 for never. One that only looks (0) has other work, which takes some time.
int64_t TimeoutNs(const SystemCall& call) {
  constexpr int64_t kOfALookNs = 10 * kMillisecondNs;
  int64_t timeout = -1;
  if (call.call == Call::kPoll) {
    timeout = call.Int(2) * kMillisecondNs;
  } else if (call.call == Call::kEpollWait) {
    timeout = call.Int(3) * kMillisecondNs;
  } else if (call.call == Call::kSelect) {
    const auto* const given = call.Pointer<const timeval>(4);
    if (given != nullptr) timeout = given->tv_sec * kSecondNs + given->tv_usec * kMicrosecondNs;
  }
  return timeout == 0 ? kOfALookNs : timeout;
}

}  // namespace

void ServerMonitor::Start(const Target& target, const RunOptions& options) {
  progress_ = options.progress != nullptr ? options.progress : &no_progress_;
  placed_.Clear();
  calls_ = 0;
  stacks_at_ = options.stacks_at;
  all_stacks_ = options.all_stacks;
  records_ = options.find_blame;
  looks_closely_ = records_ || all_stacks_ || !stacks_at_.empty();
  log_.Start(target.log_names_client, looks_closely_);
  is_serving_ = false;
  most_looks_ = target.protocol == Protocol::kNone ? kMostLooksIfUnknown : kMostLooks;
  last_call_ = last_failure_ = {};
  spin_.Start();
  at_hand_.Start();
  OnStep();
}

uint64_t ServerMonitor::last_call() const {
  CallHistory history;
  if (last_call_.family != CallFamily::kAny) {
    history.Add(last_call_.family, last_call_.result, last_call_.error);
  }
  const auto failed = static_cast<uint64_t>(last_failure_.family);
  const auto error = static_cast<uint64_t>(KindOfError(last_failure_.error));
  return history.value() | failed << 32 | error << 40;
}

void ServerMonitor::Make(SystemCall& call) {
  const CallFamily family = FamilyOf(call.call);
  if (looks_closely_) [[unlikely]]
    return MakeLookedAt(call, family);
  if (Enter(call, family)) inner_->Make(call);
  Leave(call, family);
}

bool ServerMonitor::Enter(SystemCall& call, CallFamily family) {
  ++calls_;
  MarkProgress();
  if (!is_serving_) [[unlikely]] {
    is_serving_ = host_.IsServing();
    OnStep();
  }
  const int fd = call.Fd();
  const int client = fd >= 0 ? clients_.ClientOf(fd) : -1;
  spin_.BeginCall(client);
  if (ServerLog::IsLog(fd) && log_.Take(call, spin_.last_client())) return false;
  if (family == CallFamily::kWait && spin_.WaitsInVain()) {
    EndSpin(call, fmt::format("the server was woken {} times in a row{} and nothing moved",
                              SpinWatch::kFruitlessWakes, spin_.wake_reason()));
  } else if (spin_.CallsInVain()) [[unlikely]] {
    if (MayBeLeft(call, family)) {
      EndSpin(call, fmt::format(
                        "the server made {} calls in a row, {} the last of them, and nothing moved",
                        SpinWatch::kFruitlessCalls, CallName(call.call)));
    }
  } else if (--work_left_ < 0) [[unlikely]] {
    if (MayBeLeft(call, family)) LookAtWork();
  }
  if (!placed_.empty()) {
    const ClientFacts* const facts = client >= 0 ? &ledger_.clients[client] : nullptr;
    for (const int step : placed_.TakeDue(family, facts)) host_.CarryOutPlaced(step);
  }
  if (family == CallFamily::kClose && host_.IsOffLimits(fd)) {
    call.Fail(EBADF);
    return false;
  }
  return true;
}

// In a run that is to say which calls are to blame.
void ServerMonitor::MakeLookedAt(SystemCall& call, CallFamily family) {
  const uint64_t number = calls_ + 1;  // other threads make calls before this one ends
  const uint64_t faults = host_.FaultsInjected();
  if (records_) ledger_.calls.Begin(number);
  const bool is_chosen = !stacks_at_.empty() && stacks_at_.front() == number;
  if (is_chosen) stacks_at_ = stacks_at_.subspan(1);
  if (is_chosen || all_stacks_) host_.TakeStack(call, number);
  if (Enter(call, family)) inner_->Make(call);
  if (records_) ledger_.calls.Begin(number);
  // What destructors do while an exception leaves the server is none of its deeds, nor its log.
  const bool is_recorded =
      records_ && std::uncaught_exceptions() == 0 && !ServerLog::IsLog(call.Fd());
  const bool is_fault = host_.FaultsInjected() != faults;
  if (is_recorded) {
    const bool is_elsewhere = family == CallFamily::kClose && at_hand_.IsElsewhere(spin_.client());
    ledger_.calls.Add(number, call, spin_.client(), is_fault, is_elsewhere);
    at_hand_.Note(call, family, spin_.client());
  }
  Leave(call, family);
  if (is_recorded && family == CallFamily::kAccept && call.result >= 0) {
    const int accepted = spin_.last_client();  // who that is is known now
    ledger_.calls.Add(number, call, accepted, is_fault);
    at_hand_.Note(call, family, accepted);
  }
}

void ServerMonitor::EndSpin(const SystemCall& call, std::string how) {
  // One that was asked to stop may spin until its threads have ended; if it does so for ever, it
  // hangs.
  const bool is_stopping = ledger_.asked_to_stop && ledger_.target->third_party;
  const bool is_new = !spin_.goes_on() && ledger_.spins.size() < Judge::kMostIncidents;
  if (is_new && !host_.WasHindered() && !is_stopping) {
    Incident spin = spin_.SpinOf(std::move(how));
    // Of a loop that does not wait, which of its calls is the one too many is chance.
    const bool waits = FamilyOf(call.call) == CallFamily::kWait && spin_.WaitsInVain();
    if (waits && !spin_.knows_reason()) spin.context ^= last_call() << 8;
    judge_.Report(ledger_.spins, std::move(spin));
  }
  OnStep();
  const int64_t timeout = TimeoutNs(call);
  host_.OnSpin(timeout < 0 ? -1 : spin_.now_ns() + timeout);
}

void ServerMonitor::Leave(const SystemCall& call, CallFamily family) {
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
    if (call.error != EAGAIN && std::uncaught_exceptions() == 0) {
      last_failure_ = {.family = family, .error = call.error, .result = call.result};
    }
  }
  if (family == CallFamily::kAccept) ledger_.last_accept_error = call.result < 0 ? call.error : 0;
  if (family == CallFamily::kWait) {
    if (call.result >= 0) last_failure_ = {};
    spin_.CountWake(call);
  } else if (call.call == Call::kNanosleep && IsLongSleep(call)) {
    spin_.NoteMove();  // it gives what it waits for some time
  } else {
    spin_.CountProgress(call, family);
    NoteTransfer(call, family);
  }
  if (family != CallFamily::kClose || std::uncaught_exceptions() == 0) {
    last_call_ = {.family = family, .error = call.error, .result = call.result};
  }
  if (call.error == EBADF || call.call == Call::kPoll) LookForMisuse(call);
  host_.AfterCall(call);
}

// What the call tells of the client that it is about.
void ServerMonitor::NoteTransfer(const SystemCall& call, CallFamily family) {
  if (family == CallFamily::kAccept && call.result >= 0) {
    const int fd = static_cast<int>(call.result);
    ledger_.highest_descriptor = std::max(ledger_.highest_descriptor, fd);
    spin_.set_last_client(clients_.NoteAccepted(fd));
  }
  if (spin_.client() < 0) return;
  ClientFacts& client = ledger_.clients[spin_.client()];
  if (family != CallFamily::kOther) client.history.Add(family, call.result, call.error);
  // A server may turn a client away for want of memory, or of room in an fd_set; and if it has the
  // most that it takes, which it has never exceeded.
  if (family == CallFamily::kClose && call.result == 0 && client.consumed == 0 &&
      (ledger_.resource_shortage || call.Fd() >= FD_SETSIZE ||
       (ledger_.target->third_party &&
        client.rank > std::max(ledger_.most_served, kFewestTaken)))) {
    client.turned_away = true;
  }
  if (call.result > 0 && family == CallFamily::kRecv) {
    const bool peek = call.call == Call::kRecv && (MessageFlags(call) & (MSG_PEEK | MSG_OOB)) != 0;
    if (!peek) {
      client.consumed += static_cast<uint64_t>(ResultInBytes(call));
      ++client.reads;
      ledger_.most_served = std::max(ledger_.most_served, client.rank);
      client.stream.CountRead();
    }
  } else if (call.error == EAGAIN && family == CallFamily::kRecv) {
    clients_.NoteToldNothing(spin_.client());
  } else if (call.result > 0 && family == CallFamily::kSend) {
    const auto sent = static_cast<uint64_t>(ResultInBytes(call));
    client.answered += sent;
    work_left_ -= static_cast<int64_t>(sent / 64);
  }
  if (family == CallFamily::kClose && call.result == 0) {
    clients_.NoteClosed(spin_.client());
    if (ledger_.connected_now > 0) --ledger_.connected_now;
  }
}

// The server has done much without coming to rest: is it of use to go on?
void ServerMonitor::LookAtWork() {
  work_left_ = kWorkBetweenLooks;
  for (const ClientFacts& client : ledger_.InUse()) {
    const ClientStream& stream = client.stream;
    if (!stream.mismatch() || stream.received() - stream.mismatch()->at < kFlood) continue;
    judge_.Report(
        ledger_.floods,
        {.what = fmt::format("{} is owed {}, got {} bytes, and the server sends on",
                             ledger_.ClientName(client), stream.OwedText(), stream.received()),
         .context = static_cast<uint64_t>(CallFamily::kSend),
         .call = ledger_.calls.LastOn(client.number, CallFamily::kSend)});
    host_.GiveUp();
  }
  if (++looks_ < most_looks_) return;
  most_looks_ = std::max(most_looks_ / 16, 1);
  OnStep();
  host_.OnRestless();
}

void ServerMonitor::AddMisuse(const SystemCall& call, int fd, std::string_view what) {
  if (ledger_.misuses.size() >= Judge::kMostIncidents) return;
  judge_.Report(ledger_.misuses,
                {.what = fmt::format("{} on descriptor {}, {}", CallName(call.call), fd, what),
                 .context = static_cast<uint64_t>(call.call),
                 .call = ledger_.calls.current()});
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
