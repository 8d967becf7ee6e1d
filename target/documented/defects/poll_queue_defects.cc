#include "target/documented/defects/tables.h"

namespace hupstorm {
namespace {

constexpr Defect kDefects[] = {
    {.server = DocumentedServer::kPollQueue,
     .mend = Mend::kUrgentDataKills,
     .name = "urgent-data-kills",
     .full_name = "doc001/poll/urgent-data-kills",
     .document_lines =
         R"(READ_ONLY = select.POLLIN | select.POLLPRI | select.POLLHUP | select.POLLERR
if flag & (select.POLLIN | select.POLLPRI):
    data = s.recv(1024))",
     .wrote = "POLLPRI leads to a plain recv.",
     .goes_wrong = "Urgent data is not part of the stream: recv finds nothing and fails with "
                   "EAGAIN, which is not caught.",
     .how_to_mend = "Don't ask for POLLPRI: nobody here wants urgent data.",
     .trigger = "One urgent byte (MSG_OOB).",
     .expected = kReportsServerDied,
     .main = true,
     .evidence = "Seen on Linux with the document's own code: EAGAIN."},

    {.server = DocumentedServer::kPollQueue,
     .mend = Mend::kInputStarvesOutput,
     .name = "input-starves-output",
     .full_name = "doc001/poll/input-starves-output",
     .document_lines = R"(if flag & (select.POLLIN | select.POLLPRI):
    ...
    message_queues[s].put(data)
elif flag & select.POLLHUP:
    ...
elif flag & select.POLLOUT:)",
     .wrote = "A socket that is readable and writable is only read.",
     .goes_wrong =
         "While a client keeps sending, nothing is echoed and its queue grows without limit.",
     .how_to_mend = "Look at POLLOUT with an if of its own, and don't ask for POLLIN while more "
                    "than 64 KiB wait.",
     .trigger = "A client that sends without pause.",
     .expected = kReportsUnboundedQueue,
     .evidence = "On Linux 6.18 a client that sent 520 MB in 3 s got 25 KB back, and all the rest "
                 "once it paused: the socket is watched for POLLOUT until its queue is empty, so "
                 "the server never sleeps on what it could send. What shows is the queue, never a "
                 "stall."},

    {.server = DocumentedServer::kPollQueue,
     .mend = Mend::kHalfCloseDropsQueue,
     .name = "half-close-drops-queue",
     .full_name = "doc001/poll/half-close-drops-queue",
     .document_lines = R"(else:
    # Interpret empty result as closed connection
    poller.unregister(s)
    s.close()
    del message_queues[s])",
     .wrote = "At the end of a client's input its connection is closed, with its queue unsent.",
     .goes_wrong = "A client that half-closes and then reads does not get all of its bytes.",
     .how_to_mend = "Watch it for POLLOUT only, send the rest of its queue, and close then.",
     .trigger = "Send, half-close, then read.",
     .expected = kReportsLostBytes},

    {.server = DocumentedServer::kPollQueue,
     .mend = Mend::kHupKeepsQueue,
     .name = "hup-keeps-queue",
     .full_name = "doc001/poll/hup-keeps-queue",
     .document_lines = R"(elif flag & select.POLLHUP:
    print >>sys.stderr, 'closing', client_address, 'after receiving HUP'
    poller.unregister(s)
    s.close())",
     .wrote = "The POLLHUP branch forgets message_queues.",
     .goes_wrong = "Each connection closed there leaves its socket object and its queue behind.",
     .how_to_mend = "del message_queues[s] in the same branch.",
     .trigger =
         "With the other defects mended: a client sends, does not read, half-closes (so that it is "
         "watched for output only) and resets; many times.",
     .expected = kReportsHeapLeak,
     .evidence =
         "As written, only a race leads there. tcp_poll reports POLLHUP when both directions are "
         "shut or the state is CLOSE, and POLLIN with it as soon as the receiving side is shut; "
         "the document always asks for POLLIN and looks at it first. But tcp_done sets the state "
         "to CLOSE before it shuts the directions, and a poll on another CPU sees the moment "
         "between: of 500,000 resets of a connection that a second CPU polled without pause "
         "(Linux 6.18), 200,000 polls said POLLHUP and 250,000 said POLLERR, without POLLIN. A "
         "server that ceases to ask for POLLIN, as the mends of half-close-drops-queue and "
         "input-starves-output do, gets there at every reset."},

    {.server = DocumentedServer::kPollQueue,
     .mend = Mend::kCloseKeepsFdMap,
     .name = "close-keeps-fd-map",
     .full_name = "doc001/poll/close-keeps-fd-map",
     .document_lines = "fd_to_socket[ connection.fileno() ] = connection",
     .wrote = "fd_to_socket is never cleaned.",
     .goes_wrong = "A closed socket object stays for every descriptor that was ever in use: "
                   "bounded by the most clients at once, but never given back.",
     .how_to_mend = "del fd_to_socket[fd] wherever a connection is closed.",
     .trigger = "Many clients at once, then none.",
     .expected = kReportsHeapLeak},

    {.server = DocumentedServer::kPollQueue,
     .mend = Mend::kResetKillsServer,
     .name = "reset-kills-server",
     .full_name = "doc001/poll/reset-kills-server",
     .document_lines = R"(data = s.recv(1024)
s.send(next_msg))",
     .wrote = "Errors of recv and send are not caught.",
     .goes_wrong = "One client's reset ends the process.",
     .how_to_mend =
         "Catch OSError around both calls: EAGAIN means not now, anything else about the "
         "connection means that this one is over.",
     .trigger = "A client resets its connection.",
     .expected = kReportsServerDied,
     .main = true,
     .evidence = "Seen on Linux with the document's own code: ECONNRESET."},

    {.server = DocumentedServer::kPollQueue,
     .mend = Mend::kGetpeernameKillsServer,
     .name = "getpeername-kills-server",
     .full_name = "doc001/poll/getpeername-kills-server",
     .document_lines = R"(print >>sys.stderr, 'received "%s" from %s' % (data, s.getpeername())
print >>sys.stderr, 'output queue for', s.getpeername(), 'is empty'
print >>sys.stderr, 'sending "%s" to %s' % (next_msg, s.getpeername()))",
     .wrote = "Log lines ask for the peer's address.",
     .goes_wrong = "Bytes that came before a reset can still be read, but getpeername fails with "
                   "ENOTCONN: the log line ends the process.",
     .how_to_mend = "Remember the address that accept returned, and log that.",
     .trigger = "Send and reset.",
     .expected = kReportsServerDied,
     .main = true,
     .evidence = "Seen on Linux with the document's own code: ENOTCONN."},

    {.server = DocumentedServer::kPollQueue,
     .mend = Mend::kShortSendDrops,
     .name = "short-send-drops",
     .full_name = "doc001/poll/short-send-drops",
     .document_lines = "s.send(next_msg)",
     .wrote = "The count that send returns is ignored.",
     .goes_wrong = "What the kernel did not take is lost. Where it takes nothing (EAGAIN), the "
                   "exception ends the process.",
     .how_to_mend = "Put next_msg[sent:] back to the front of the queue; all of it at EAGAIN.",
     .trigger = "A slow reader or memory pressure makes a send short.",
     .expected = kReportsLostBytes},

    {.server = DocumentedServer::kPollQueue,
     .mend = Mend::kAcceptErrorKills,
     .name = "accept-error-kills",
     .full_name = "doc001/poll/accept-error-kills",
     .document_lines = "connection, client_address = s.accept()",
     .wrote = "Errors of accept are not caught.",
     .goes_wrong = "One EMFILE, or one connection aborted in the queue, ends the process.",
     .how_to_mend =
         "Catch OSError. At EMFILE, ENFILE, ENOBUFS and ENOMEM ask for no events of the listener "
         "until a connection closes or half a second has passed; otherwise go on.",
     .trigger = "More clients than descriptors; a connection aborted before accept.",
     .expected = kReportsServerDied,
     .main = true,
     .evidence = "Seen on Linux with the document's own code: EMFILE."},

    {.server = DocumentedServer::kPollQueue,
     .mend = Mend::kForeignLogLine,
     .name = "foreign-log-line",
     .full_name = "doc001/poll/foreign-log-line",
     .document_lines =
         R"(print >>sys.stderr, 'closing', client_address, 'after reading no data'
print >>sys.stderr, 'closing', client_address, 'after receiving HUP')",
     .wrote =
         "The closing lines name client_address: the last client accepted, not the one closing.",
     .goes_wrong = "The log says that a client left who is still there.",
     .how_to_mend = "Log the address of s.",
     .trigger = "Two clients; the one that came first closes.",
     .expected = kReportsForeignBytes},
};

}  // namespace

std::span<const Defect> PollQueueDefects() { return kDefects; }

}  // namespace hupstorm
