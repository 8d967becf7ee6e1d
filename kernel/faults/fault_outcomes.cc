// What each outcome does to a call, and when Linux could do it. The injector's other half.

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>

#include <cstring>

#include "kernel/faults/fault_injector.h"

namespace hupstorm {
namespace {

bool HasMessageFlags(Call call) {
  return call == Call::kRecv || call == Call::kSend || call == Call::kRecvmsg ||
         call == Call::kSendmsg;
}

bool IsSend(const CallRecord& call) { return FamilyOf(call.call) == CallFamily::kSend; }

int MessageFlags(const CallRecord& call) { return HasMessageFlags(call.call) ? call.flags : 0; }

// The caller's buffer, which CallRecord shows as const to those who only look.
template <typename T>
T* Buffer(const CallRecord& call) {
  return static_cast<T*>(const_cast<void*>(call.buffer));
}

// readv and writev as the message that they are to a socket.
msghdr MessageOf(const CallRecord& call) {
  msghdr message{};
  message.msg_iov = Buffer<iovec>(call);
  message.msg_iovlen = static_cast<size_t>(call.other);
  return message;
}

}  // namespace

bool FaultInjector::CouldHarm(FaultOutcome outcome, const CallRecord& call) {
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
    default:
      return true;
  }
}

FaultInjector::Verdict FaultInjector::Apply(const FaultRule& rule, CallRecord& call) {
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
      return rule.call == CallFamily::kEpollCtl ? FailRegistration(ENOMEM, call)
                                                : Answer(call, ENOMEM);
    case FaultOutcome::kEnospc:
      return FailRegistration(ENOSPC, call);
    case FaultOutcome::kEconnaborted:
      return AbortConnection(call);
    case FaultOutcome::kEconnreset:
    case FaultOutcome::kEpipe:
      world_.ResetPeerOf(call.fd, rule.outcome == FaultOutcome::kEpipe);
      return Verdict::kHarmed;
  }
  return Verdict::kLeftAlone;
}

FaultInjector::Verdict FaultInjector::Answer(CallRecord& call, int error) {
  call.result = -1;
  call.error = error;
  return Verdict::kAnswered;
}

// Urgent data is never cut: the mark sits on the last byte. A call that waits for all of its bytes
// (a blocking send, a recv with MSG_WAITALL) comes back with a part only where a handler ran, with
// SA_RESTART or without, since calls that moved something are not restarted.
bool FaultInjector::CanCutShort(uint32_t amount, const CallRecord& call) {
  if (call.length <= amount || (MessageFlags(call) & MSG_OOB) != 0) return false;
  const bool waits_for_all = (IsSend(call) || (MessageFlags(call) & MSG_WAITALL) != 0);
  return !waits_for_all || handled_ != 0 || IsNonBlocking(call);
}

FaultInjector::Verdict FaultInjector::CutShort(const FaultRule& rule, CallRecord& call) {
  if (!CanCutShort(rule.amount, call)) return Verdict::kLeftAlone;
  call.length = rule.amount;
  cut_ = &call;
  return Verdict::kHarmed;
}

FaultInjector::Verdict FaultInjector::Interrupt(CallRecord& call) {
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
bool FaultInjector::CanInterruptWait(const CallRecord& call) const {
  return call.other != 0 && (call.call == Call::kEpollWait || handled_ != 0);
}

// Carried out without waiting first: what is ready is reported and a wait that would not happen is
// not interrupted.
FaultInjector::Verdict FaultInjector::InterruptWait(CallRecord& call) {
  if (!CanInterruptWait(call)) return Verdict::kLeftAlone;
  const int count = static_cast<int>(call.length);
  if (call.call == Call::kSelect) {
    const auto& sets = *static_cast<const SelectSets*>(call.buffer);
    const auto* timeout = static_cast<const timeval*>(call.extra);
    if (timeout != nullptr && (timeout->tv_sec < 0 || timeout->tv_usec < 0)) {
      return Verdict::kLeftAlone;  // EINVAL
    }
    timeval at_once{};
    call.result =
        inner().Select(count, sets.sets[SelectSets::kReadable], sets.sets[SelectSets::kWritable],
                       sets.sets[SelectSets::kExceptional], &at_once);
    if (call.result == 0) {  // Linux leaves the sets alone when it is interrupted
      const size_t bytes = (static_cast<size_t>(count) + 63) / 64 * 8;
      for (int i = 0; i < 3; ++i) {
        if (sets.sets[i] != nullptr) memcpy(sets.sets[i], &sets.asked[i], bytes);
      }
    }
  } else if (call.call == Call::kPoll) {
    call.result = inner().Poll(Buffer<pollfd>(call), call.length, 0);
  } else {
    call.result = inner().EpollWait(call.fd, Buffer<epoll_event>(call), count, 0);
  }
  if (call.result == 0) return Answer(call, EINTR);
  call.error = call.result == -1 ? errno : 0;
  return Verdict::kPassedOn;
}

// On Linux a non-blocking call on a TCP socket never sleeps, so it never gives EINTR.
bool FaultInjector::CanInterrupt(const CallRecord& call) {
  return interrupting_ != 0 && !IsNonBlocking(call);
}

FaultInjector::Verdict FaultInjector::InterruptAccept(CallRecord& call) {
  if (!CanInterrupt(call)) return Verdict::kLeftAlone;
  return ReadyNow(call.fd, POLLIN) == 0 ? Answer(call, EINTR) : Verdict::kLeftAlone;
}

// A blocking call that moved a part of its bytes when the signal came returns their number.
FaultInjector::Verdict FaultInjector::InterruptTransfer(CallRecord& call) {
  if (!CanInterrupt(call)) return Verdict::kLeftAlone;
  call.result = TransferWithoutSleeping(call);
  call.error = call.result == -1 ? errno : 0;
  if (call.result == -1 && call.error == EAGAIN) return Answer(call, EINTR);
  const bool waits_for_all = IsSend(call) || (MessageFlags(call) & MSG_WAITALL) != 0;
  const bool cut = call.result >= 0 && call.result < static_cast<int64_t>(call.length);
  return waits_for_all && cut ? Verdict::kAnswered : Verdict::kPassedOn;
}

int64_t FaultInjector::TransferWithoutSleeping(const CallRecord& call) {
  switch (call.call) {
    case Call::kRecv:
    case Call::kRead:
      return inner().Recv(call.fd, Buffer<void>(call), call.length,
                          MessageFlags(call) | MSG_DONTWAIT);
    case Call::kSend:
    case Call::kWrite:
      return inner().Send(call.fd, call.buffer, call.length, MessageFlags(call) | MSG_DONTWAIT);
    case Call::kRecvmsg:
      return inner().Recvmsg(call.fd, Buffer<msghdr>(call), call.flags | MSG_DONTWAIT);
    case Call::kSendmsg:
      return inner().Sendmsg(call.fd, Buffer<msghdr>(call), call.flags | MSG_DONTWAIT);
    case Call::kReadv: {
      msghdr message = MessageOf(call);
      return inner().Recvmsg(call.fd, &message, MSG_DONTWAIT);
    }
    default: {
      const msghdr message = MessageOf(call);
      return inner().Sendmsg(call.fd, &message, MSG_DONTWAIT);
    }
  }
}

// Errors and the end of the connection come before EAGAIN (tcp_recvmsg_locked, tcp_sendmsg_locked),
// and a server may have been told of them already.
bool FaultInjector::CanRefuse(const CallRecord& call) {
  if (!IsNonBlocking(call)) return false;
  if (FamilyOf(call.call) == CallFamily::kAccept) return true;
  if (call.length == 0 || (MessageFlags(call) & MSG_OOB) != 0) return false;
  return !IsSend(call) || !watches_.IsWriteShut(call.fd);
}

FaultInjector::Verdict FaultInjector::RefuseForNow(CallRecord& call) {
  if (!CanRefuse(call)) return Verdict::kLeftAlone;
  if (FamilyOf(call.call) != CallFamily::kAccept) {
    const int ended = IsSend(call) ? POLLERR | POLLHUP : POLLERR | POLLHUP | POLLRDHUP;
    if ((ReadyNow(call.fd, POLLRDHUP) & ended) != 0) return Verdict::kLeftAlone;
  }
  RaiseEdges(call);
  return Answer(call, EAGAIN);
}

// net/socket.c do_accept: the error is that of asking for the client's address, so a caller that
// doesn't want it never sees it.
bool FaultInjector::CanAbort(const CallRecord& call) { return call.buffer != nullptr; }

FaultInjector::Verdict FaultInjector::AbortConnection(CallRecord& call) {
  if (!CanAbort(call) || (ReadyNow(call.fd, POLLIN) & POLLIN) == 0) return Verdict::kLeftAlone;
  const int lost = inner().Accept4(call.fd, nullptr, nullptr, SOCK_CLOEXEC);
  if (lost == -1) {
    call.result = -1;
    call.error = errno;
    return Verdict::kPassedOn;
  }
  world_.OnAborted(lost);
  const linger reset{.l_onoff = 1, .l_linger = 0};
  inner().Setsockopt(lost, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  inner().Close(lost);
  return Answer(call, ECONNABORTED);
}

// Carried out and taken back: what is wrong with the call comes before what is missing for it
// (fs/eventpoll.c do_epoll_ctl, ep_insert).
FaultInjector::Verdict FaultInjector::FailRegistration(int error, CallRecord& call) {
  auto* const event = Buffer<epoll_event>(call);
  call.result = inner().EpollCtl(call.fd, EPOLL_CTL_ADD, call.other, event);
  if (call.result == -1) {
    call.error = errno;
    return Verdict::kPassedOn;
  }
  inner().EpollCtl(call.fd, EPOLL_CTL_DEL, call.other, event);
  return Answer(call, error);
}

bool FaultInjector::IsListening(int fd) {
  int listening = 0;
  socklen_t length = sizeof(listening);
  return inner().Getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 &&
         listening != 0;
}

bool FaultInjector::IsNonBlocking(const CallRecord& call) {
  if ((MessageFlags(call) & MSG_DONTWAIT) != 0) return true;
  const int flags = inner().Fcntl(call.fd, F_GETFL, 0);
  return flags != -1 && (flags & O_NONBLOCK) != 0;
}

// The events of poll on `fd` at this moment.
int FaultInjector::ReadyNow(int fd, short events) {
  pollfd ready{.fd = fd, .events = events, .revents = 0};
  return inner().Poll(&ready, 1, 0) <= 0 ? 0 : ready.revents;
}

void FaultInjector::RaiseEdges(const CallRecord& call) {
  watches_.RaiseEdges(inner(), call.fd, IsSend(call) ? EPOLLOUT : EPOLLIN | EPOLLRDHUP | EPOLLPRI);
}

}  // namespace hupstorm
