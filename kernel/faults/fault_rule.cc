#include "kernel/faults/fault_rule.h"

#include <algorithm>
#include <iterator>

namespace hupstorm {
namespace {

constexpr std::string_view kOutcomeNames[] = {
    "short",  "EINTR",  "EAGAIN",       "EMFILE",     "ENFILE", "ENOBUFS",
    "ENOMEM", "ENOSPC", "ECONNABORTED", "ECONNRESET", "EPIPE",
};
static_assert(std::size(kOutcomeNames) == kFaultOutcomeCount);

// Checked against Linux 6.18 if a program can bring it about; if not, the source says so.
constexpr LegalFault kLegalFaults[] = {
    {CallFamily::kAccept, FaultOutcome::kEintr,
     "signal(7), net/ipv4/inet_connection_sock.c inet_csk_wait_for_connect",
     "A blocking accept that waits for a connection is interrupted by a signal whose handler was "
     "installed without SA_RESTART."},
    {CallFamily::kAccept, FaultOutcome::kEagain,
     "accept(2), net/ipv4/inet_connection_sock.c inet_csk_accept",
     "The connection that made a non-blocking listener readable is gone when accept looks for it; "
     "here it comes back right afterwards."},
    {CallFamily::kAccept, FaultOutcome::kEmfile, "accept(2), net/socket.c __sys_accept4_file",
     "The process has no descriptor left. Linux finds out before it looks at the queue: the "
     "connection stays there, and an empty queue makes no difference."},
    {CallFamily::kAccept, FaultOutcome::kEnfile, "accept(2), net/socket.c do_accept",
     "The system has no open file left. The connection stays in the queue."},
    {CallFamily::kAccept, FaultOutcome::kEnobufs, "accept(2)",
     "Memory for socket buffers is short. The connection stays in the queue."},
    {CallFamily::kAccept, FaultOutcome::kEnomem, "accept(2), net/socket.c do_accept",
     "Memory is short. The connection stays in the queue."},
    {CallFamily::kAccept, FaultOutcome::kEconnaborted, "accept(2), net/socket.c do_accept",
     "The connection at the head of the queue is lost while accept takes it. Linux says so only "
     "where the caller asks for the client's address; TCP on Linux 6.18 does not bring it about by "
     "itself, but accept(2) promises it to no one."},
    {CallFamily::kRecv, FaultOutcome::kShort, "recv(2), net/ipv4/tcp.c tcp_recvmsg_locked",
     "Only part of the bytes has arrived when the server reads; the rest is there right "
     "afterwards."},
    {CallFamily::kRecv, FaultOutcome::kEintr, "signal(7), net/ipv4/tcp.c tcp_recvmsg_locked",
     "A blocking recv that waits for bytes is interrupted by a signal whose handler was installed "
     "without SA_RESTART."},
    {CallFamily::kRecv, FaultOutcome::kEagain, "select(2) BUGS, recv(2)",
     "The descriptor was reported readable and nothing is there, on a non-blocking descriptor; "
     "the bytes are there right afterwards."},
    {CallFamily::kRecv, FaultOutcome::kEconnreset, "recv(2), net/ipv4/tcp_input.c tcp_reset",
     "The client's RST arrives just before the call. What arrived before it can still be read, "
     "then comes the error."},
    {CallFamily::kSend, FaultOutcome::kShort, "send(2), net/ipv4/tcp.c tcp_sendmsg_locked",
     "The send buffer has room for part of the bytes. A blocking send comes back short only where "
     "a signal handler interrupted it."},
    {CallFamily::kSend, FaultOutcome::kEintr, "signal(7), net/core/stream.c sk_stream_wait_memory",
     "A blocking send that waits for room is interrupted by a signal whose handler was installed "
     "without SA_RESTART."},
    {CallFamily::kSend, FaultOutcome::kEagain, "send(2), net/ipv4/tcp.c tcp_sendmsg_locked",
     "The descriptor was reported writable and memory is short when the bytes are to be queued, on "
     "a non-blocking descriptor; there is room right afterwards."},
    {CallFamily::kSend, FaultOutcome::kEconnreset, "send(2), net/ipv4/tcp_input.c tcp_reset",
     "The client's RST arrives just before the call."},
    {CallFamily::kSend, FaultOutcome::kEpipe, "send(2), net/ipv4/tcp_input.c tcp_reset",
     "The client's FIN and then its RST arrive just before the call."},
    {CallFamily::kWait, FaultOutcome::kEintr,
     "signal(7), fs/select.c do_poll, fs/eventpoll.c ep_poll",
     "A call that waits for readiness is interrupted: by a signal handler, with SA_RESTART or "
     "without; epoll_wait also when the process is stopped and continued."},
    {CallFamily::kWait, FaultOutcome::kEnomem,
     "select(2), poll(2), fs/select.c __pollwait, poll_get_entry",
     "select or poll finds no memory to sleep on more than nine descriptors. Nothing of what it "
     "was asked is changed. Few servers are meant to survive it: for hardened ones alone."},
    {CallFamily::kEpollCtl, FaultOutcome::kEnomem, "epoll_ctl(2), fs/eventpoll.c ep_insert",
     "EPOLL_CTL_ADD finds no memory. The descriptor is not registered."},
    {CallFamily::kEpollCtl, FaultOutcome::kEnospc, "epoll_ctl(2), fs/eventpoll.c ep_insert",
     "EPOLL_CTL_ADD exceeds /proc/sys/fs/epoll/max_user_watches. The descriptor is not "
     "registered."},
};

}  // namespace

std::string_view FaultOutcomeName(FaultOutcome outcome) {
  return kOutcomeNames[static_cast<int>(outcome)];
}

std::optional<FaultOutcome> FaultOutcomeFromName(std::string_view name) {
  for (int i = 0; i < kFaultOutcomeCount; ++i) {
    if (name == kOutcomeNames[i]) return static_cast<FaultOutcome>(i);
  }
  return std::nullopt;
}

std::span<const LegalFault> LegalFaults() { return kLegalFaults; }

bool IsLegal(CallFamily call, FaultOutcome outcome) {
  return std::any_of(std::begin(kLegalFaults), std::end(kLegalFaults), [&](const LegalFault& row) {
    return row.call == call && row.outcome == outcome;
  });
}

}  // namespace hupstorm
