// What each outcome does to a call, and when Linux could do it. The injector's other half.

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "kernel/faults/fault_injector.h"
#include "kernel/user_memory.h"

namespace hupstorm {
namespace {

bool IsSend(const SystemCall& call) { return FamilyOf(call.call) == CallFamily::kSend; }

// A recvmmsg that waits for more than its first message.
bool WaitsForMessages(const SystemCall& call) {
  return call.call == Call::kRecvmmsg && (MessageFlags(call) & MSG_WAITFORONE) == 0;
}

// How many descriptors a select or poll looks at; 0 if what it asks cannot be read.
size_t WatchedBy(const SystemCall& call) {
  if (call.call == Call::kPoll) {
    const auto* const entries = call.Pointer<const pollfd>(0);
    const size_t count = call.Size(1);
    if (!CanRead(entries, count * sizeof *entries)) return 0;
    return static_cast<size_t>(
        std::count_if(entries, entries + count, [](const pollfd& entry) { return entry.fd >= 0; }));
  }
  const SelectQuestion asked(call);
  const auto& sets = asked.sets;
  size_t count = 0;
  for (int fd = 0; fd < std::clamp(call.Int(0), 0, FD_SETSIZE); ++fd) {
    const bool is_watched =
        FD_ISSET(fd, &sets[0]) || FD_ISSET(fd, &sets[1]) || FD_ISSET(fd, &sets[2]);
    count += is_watched ? 1 : 0;
  }
  return count;
}

bool WaitsForAll(const SystemCall& call) {
  return IsSend(call) || WaitsForMessages(call) || (MessageFlags(call) & MSG_WAITALL) != 0;
}

}  // namespace

bool FaultInjector::CouldHarm(FaultOutcome outcome, const SystemCall& call) {
  const CallFamily family = FamilyOf(call.call);
  if (!IsLegal(family, outcome) || !Matches({.call = family}, call)) return false;
  switch (outcome) {
    case FaultOutcome::kShort:
      return CanCutShort(1, call);
    case FaultOutcome::kEintr:
      return family == CallFamily::kWait ? CanInterruptWait(call) : CanInterrupt(call);
    case FaultOutcome::kEagain:
      return CanRefuse(call);
    case FaultOutcome::kEconnaborted:
      return CanAbort(call);
    case FaultOutcome::kEnomem:
      return family != CallFamily::kWait || CanStarveWait(call);
    default:
      return true;
  }
}

FaultInjector::Verdict FaultInjector::Apply(const FaultRule& rule, SystemCall& call) {
  switch (rule.outcome) {
    case FaultOutcome::kShort:
      return CutShort(rule, call);
    case FaultOutcome::kEintr:
      return Interrupt(call);
    case FaultOutcome::kEagain:
      return RefuseForNow(call);
    // Linux looks for a descriptor, a file and memory before it looks at the queue
    // (net/socket.c __sys_accept4_file, do_accept): nothing else about the call matters.
    case FaultOutcome::kEmfile:
      return Answer(call, EMFILE);
    case FaultOutcome::kEnfile:
      return Answer(call, ENFILE);
    case FaultOutcome::kEnobufs:
      return Answer(call, ENOBUFS);
    case FaultOutcome::kEnomem:
      if (rule.call == CallFamily::kWait) return StarveWait(call);
      return rule.call == CallFamily::kEpollCtl ? FailRegistration(ENOMEM, call)
                                                : Answer(call, ENOMEM);
    case FaultOutcome::kEnospc:
      return FailRegistration(ENOSPC, call);
    case FaultOutcome::kEconnaborted:
      return AbortConnection(call);
    case FaultOutcome::kEconnreset:
    case FaultOutcome::kEpipe:
      world_.ResetPeerOf(call.Int(0), rule.outcome == FaultOutcome::kEpipe);
      return Verdict::kHarmed;
  }
  return Verdict::kLeftAlone;
}

FaultInjector::Verdict FaultInjector::Answer(SystemCall& call, int error) {
  call.Fail(error);
  return Verdict::kAnswered;
}

// Urgent data is never cut: the mark sits on the last byte. A call that waits for all of its bytes
// (a blocking send, a recv with MSG_WAITALL) comes back with a part only if a handler ran, with
// SA_RESTART or without, since calls that moved something are not restarted. A server that knows of
// the end of input may take a read that leaves room for the last one: all has come by then, and
// tcp_recvmsg gives all that there is.
bool FaultInjector::CanCutShort(uint32_t amount, const SystemCall& call) {
  if (BytesAsked(call) <= amount || (MessageFlags(call) & MSG_OOB) != 0) return false;
  const int fd = call.Int(0);
  if (!IsSend(call) && watches_.TellsOfEnd(fd) && ReadyNow(fd, POLLRDHUP) != 0) return false;
  return !WaitsForAll(call) || handled_ != 0 || IsNonBlocking(call);
}

FaultInjector::Verdict FaultInjector::CutShort(const FaultRule& rule, SystemCall& call) {
  if (!CanCutShort(rule.amount, call)) return Verdict::kLeftAlone;
  CutTo(rule.amount);
  cut_ = &call;
  cut_to_ = rule.amount;
  return Verdict::kHarmed;
}

FaultInjector::Verdict FaultInjector::Interrupt(SystemCall& call) {
  switch (FamilyOf(call.call)) {
    case CallFamily::kWait:
      return InterruptWait(call);
    case CallFamily::kAccept:
      return InterruptAccept(call);
    default:
      return InterruptTransfer(call);
  }
}

// Of the three, epoll_wait alone is interrupted without a handler (stopped and continued,
// signal(7)).
bool FaultInjector::CanInterruptWait(const SystemCall& call) const {
  return TimeoutMs(call) != 0 && (call.call == Call::kEpollWait || handled_ != 0);
}

FaultInjector::Verdict FaultInjector::InterruptWait(SystemCall& call) {
  return CanInterruptWait(call) ? FailWait(EINTR, call) : Verdict::kLeftAlone;
}

// select and poll have room for so many descriptors on the stack (N_INLINE_POLL_ENTRIES), and take
// memory for more before they sleep. What larger sets take before they look is left out.
bool FaultInjector::CanStarveWait(const SystemCall& call) {
  constexpr size_t kOnStack = 9;
  return call.call != Call::kEpollWait && TimeoutMs(call) != 0 && WatchedBy(call) > kOnStack;
}

FaultInjector::Verdict FaultInjector::StarveWait(SystemCall& call) {
  return CanStarveWait(call) ? FailWait(ENOMEM, call) : Verdict::kLeftAlone;
}

// Carried out without waiting first: what is ready is reported and a wait that would not happen
// does not fail.
FaultInjector::Verdict FaultInjector::FailWait(int error, SystemCall& call) {
  SystemCall at_once = call;
  timeval no_time{};
  if (call.call == Call::kSelect) {
    timeval timeout = {};
    const bool timed = CopyIn(&timeout, call.Pointer<const timeval>(4));
    if (timed && (timeout.tv_sec < 0 || timeout.tv_usec < 0)) {
      return Verdict::kLeftAlone;  // EINVAL
    }
    const SelectQuestion asked(call);
    at_once.SetPointer(4, &no_time);
    inner().Make(at_once);
    if (at_once.result == 0) asked.Restore(call);  // as Linux does when it fails
  } else {
    at_once.arguments[call.call == Call::kPoll ? 2 : 3] = 0;
    inner().Make(at_once);
  }
  if (at_once.result == 0) return Answer(call, error);
  call.result = at_once.result;
  call.error = at_once.error;
  return Verdict::kPassedOn;
}

// On Linux a non-blocking call on a TCP socket never sleeps, so it never gives EINTR. What cannot
// be tried without sleeping is left alone: a transfer from a file, and a wait for several messages,
// of which Linux keeps an error for the next call.
bool FaultInjector::CanInterrupt(const SystemCall& call) {
  const CallRow& row = RowOf(call.call);
  const bool from_file = row.arguments[1].kind == ArgumentKind::kOffset ||
                         row.arguments[2].kind == ArgumentKind::kOffset;
  return interrupting_ != 0 && !from_file && !WaitsForMessages(call) && !IsNonBlocking(call);
}

FaultInjector::Verdict FaultInjector::InterruptAccept(SystemCall& call) {
  if (!CanInterrupt(call)) return Verdict::kLeftAlone;
  return ReadyNow(call.Int(0), POLLIN) == 0 ? Answer(call, EINTR) : Verdict::kLeftAlone;
}

// A blocking call that moved a part of its bytes when the signal came returns their number.
FaultInjector::Verdict FaultInjector::InterruptTransfer(SystemCall& call) {
  if (!CanInterrupt(call)) return Verdict::kLeftAlone;
  TransferWithoutSleeping(call);
  if (call.error == EAGAIN) return Answer(call, EINTR);
  const bool cut = call.result >= 0 && ResultInBytes(call) < static_cast<int64_t>(BytesAsked(call));
  return WaitsForAll(call) && cut ? Verdict::kAnswered : Verdict::kPassedOn;
}

// read, write and their vectors as the recv, send or message that they are to a socket.
void FaultInjector::TransferWithoutSleeping(SystemCall& call) {
  const int flags = MessageFlags(call) | MSG_DONTWAIT;
  SystemCall now = call;
  msghdr message{};
  if (RowOf(call.call).counts_messages()) {
    now.arguments[3] = flags;
  } else if (RowOf(call.call).arguments[1].kind == ArgumentKind::kBytes) {
    now.call = IsSend(call) ? Call::kSend : Call::kRecv;
    now.arguments[3] = flags;
  } else {
    now.call = IsSend(call) ? Call::kSendmsg : Call::kRecvmsg;
    now.arguments[2] = flags;
    if (RowOf(call.call).arguments[1].kind == ArgumentKind::kParts) {
      message.msg_iov = call.Pointer<iovec>(1);
      message.msg_iovlen = call.Size(2);
      now.SetPointer(1, &message);
    }
  }
  inner().Make(now);
  call.result = now.result;
  call.error = now.error;
}

// Errors and the end of the connection come before EAGAIN (tcp_recvmsg_locked, tcp_sendmsg_locked),
// and a server may have been told of them already.
bool FaultInjector::CanRefuse(const SystemCall& call) {
  if (!IsNonBlocking(call)) return false;
  if (FamilyOf(call.call) == CallFamily::kAccept) return true;
  if (BytesAsked(call) == 0 || (MessageFlags(call) & MSG_OOB) != 0) return false;
  return !IsSend(call) || !watches_.IsWriteShut(call.Int(0));
}

FaultInjector::Verdict FaultInjector::RefuseForNow(SystemCall& call) {
  if (!CanRefuse(call)) return Verdict::kLeftAlone;
  if (FamilyOf(call.call) != CallFamily::kAccept) {
    const int ended = IsSend(call) ? POLLERR | POLLHUP : POLLERR | POLLHUP | POLLRDHUP;
    if ((ReadyNow(call.Int(0), POLLRDHUP) & ended) != 0) return Verdict::kLeftAlone;
  }
  RaiseEdges(call);
  return Answer(call, EAGAIN);
}

// net/socket.c do_accept: the error is that of asking for the client's address, so a caller that
// doesn't want it never sees it.
bool FaultInjector::CanAbort(const SystemCall& call) { return call.arguments[1] != 0; }

FaultInjector::Verdict FaultInjector::AbortConnection(SystemCall& call) {
  if (!CanAbort(call) || (ReadyNow(call.Int(0), POLLIN) & POLLIN) == 0) return Verdict::kLeftAlone;
  const int lost = Invoke<Call::kAccept>(inner(), call.Int(0), nullptr, nullptr, SOCK_CLOEXEC);
  if (lost == -1) {
    call.Fail(errno);
    return Verdict::kPassedOn;
  }
  world_.OnAborted(lost);
  const linger reset{.l_onoff = 1, .l_linger = 0};
  Invoke<Call::kSetsockopt>(inner(), lost, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  Invoke<Call::kClose>(inner(), lost);
  return Answer(call, ECONNABORTED);
}

// Carried out and taken back: what is wrong with the call comes before what is missing for it
// (fs/eventpoll.c do_epoll_ctl, ep_insert).
FaultInjector::Verdict FaultInjector::FailRegistration(int error, SystemCall& call) {
  inner().Make(call);
  if (call.result == -1) return Verdict::kPassedOn;
  Invoke<Call::kEpollCtl>(inner(), call.Int(0), EPOLL_CTL_DEL, call.Int(2), nullptr);
  return Answer(call, error);
}

bool FaultInjector::IsListening(int fd) {
  int listening = 0;
  socklen_t length = sizeof(listening);
  return Invoke<Call::kGetsockopt>(inner(), fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) ==
             0 &&
         listening != 0;
}

bool FaultInjector::IsNonBlocking(const SystemCall& call) {
  if ((MessageFlags(call) & MSG_DONTWAIT) != 0) return true;
  const int flags = Invoke<Call::kFcntl>(inner(), call.Int(0), F_GETFL, 0);
  return flags != -1 && (flags & O_NONBLOCK) != 0;
}

// The events of poll on `fd` at this moment.
int FaultInjector::ReadyNow(int fd, short events) {
  pollfd ready{.fd = fd, .events = events, .revents = 0};
  return Invoke<Call::kPoll>(inner(), &ready, 1, 0) <= 0 ? 0 : ready.revents;
}

void FaultInjector::RaiseEdges(const SystemCall& call) {
  watches_.RaiseEdges(inner(), call.Int(0),
                      IsSend(call) ? EPOLLOUT : EPOLLIN | EPOLLRDHUP | EPOLLPRI);
}

}  // namespace hupstorm
