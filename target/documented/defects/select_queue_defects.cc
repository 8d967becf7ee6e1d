#include "target/documented/defects/tables.h"

namespace hupstorm {
namespace {

constexpr Defect kDefects[] = {
    {.server = DocumentedServer::kSelectQueue,
     .mend = Mend::kClosedStillWritable,
     .name = "closed-still-writable",
     .full_name = "doc001/select/closed-still-writable",
     .document_lines = R"(for s in writable:
    try:
        next_msg = message_queues[s].get_nowait()
    except Queue.Empty:)",
     .wrote = "The writable loop takes for granted that all sockets select named are still "
              "there, though the readable loop before it may have closed one.",
     .goes_wrong = "The closed socket's queue is gone: KeyError, which nobody catches.",
     .how_to_mend = "Skip a socket that is not in outputs any more.",
     .trigger =
         "A client sends and closes at once, so that its FIN and room to write meet in a round.",
     .expected = kReportsServerDied,
     .main = true,
     .evidence = "Seen on Linux with the document's own code."},

    {.server = DocumentedServer::kSelectQueue,
     .mend = Mend::kHalfCloseDropsQueue,
     .name = "half-close-drops-queue",
     .full_name = "doc001/select/half-close-drops-queue",
     .document_lines = R"(else:
    # Interpret empty result as closed connection
    if s in outputs:
        outputs.remove(s)
    inputs.remove(s)
    s.close()
    del message_queues[s])",
     .wrote = "At the end of a client's input its connection is closed, with its queue unsent.",
     .goes_wrong = "A client that half-closes and then reads does not get all of its bytes.",
     .how_to_mend = "Stop reading from it, send the rest of its queue, and close then.",
     .trigger = "Send, half-close, then read.",
     .expected = kReportsLostBytes},

    {.server = DocumentedServer::kSelectQueue,
     .mend = Mend::kResetKillsServer,
     .name = "reset-kills-server",
     .full_name = "doc001/select/reset-kills-server",
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

    {.server = DocumentedServer::kSelectQueue,
     .mend = Mend::kGetpeernameKillsServer,
     .name = "getpeername-kills-server",
     .full_name = "doc001/select/getpeername-kills-server",
     .document_lines = R"(print >>sys.stderr, 'received "%s" from %s' % (data, s.getpeername())
print >>sys.stderr, 'output queue for', s.getpeername(), 'is empty'
print >>sys.stderr, 'sending "%s" to %s' % (next_msg, s.getpeername())
print >>sys.stderr, 'handling exceptional condition for', s.getpeername())",
     .wrote = "Log lines ask for the peer's address.",
     .goes_wrong = "Bytes that came before a reset can still be read, but getpeername fails with "
                   "ENOTCONN: the log line ends the process.",
     .how_to_mend = "Remember the address that accept returned, and log that.",
     .trigger = "Send and reset.",
     .expected = kReportsServerDied,
     .main = true,
     .evidence = "Seen on Linux with the document's own code: ENOTCONN."},

    {.server = DocumentedServer::kSelectQueue,
     .mend = Mend::kShortSendDrops,
     .name = "short-send-drops",
     .full_name = "doc001/select/short-send-drops",
     .document_lines = "s.send(next_msg)",
     .wrote = "The count that send returns is ignored.",
     .goes_wrong = "What the kernel did not take is lost. Where it takes nothing (EAGAIN), the "
                   "exception ends the process.",
     .how_to_mend = "Put next_msg[sent:] back to the front of the queue; all of it at EAGAIN.",
     .trigger = "A slow reader or memory pressure makes a send short.",
     .expected = kReportsLostBytes},

    {.server = DocumentedServer::kSelectQueue,
     .mend = Mend::kAcceptErrorKills,
     .name = "accept-error-kills",
     .full_name = "doc001/select/accept-error-kills",
     .document_lines = "connection, client_address = s.accept()",
     .wrote = "Errors of accept are not caught.",
     .goes_wrong = "One EMFILE, or one connection aborted in the queue, ends the process.",
     .how_to_mend =
         "Catch OSError. At EMFILE, ENFILE, ENOBUFS and ENOMEM leave the listener out of the list "
         "until a connection closes or half a second has passed; otherwise go on.",
     .trigger = "More clients than descriptors; a connection aborted before accept.",
     .expected = kReportsServerDied,
     .main = true,
     .evidence = "Seen on Linux with the document's own code: EMFILE."},

    {.server = DocumentedServer::kSelectQueue,
     .mend = Mend::kFdSetsize,
     .name = "fd-setsize",
     .full_name = "doc001/select/fd-setsize",
     .document_lines = "readable, writable, exceptional = select.select(inputs, outputs, inputs)",
     .wrote = "Every accepted socket goes into the lists, whatever its descriptor.",
     .goes_wrong =
         "select refuses descriptors from 1,024 up (ValueError), and the error is not caught.",
     .how_to_mend =
         "Ask poll in place of select when a descriptor is that large; or refuse the client.",
     .trigger = "1,100 connections at once.",
     .expected = kReportsServerDied,
     .main = true,
     .evidence = "Seen on Linux with the document's own code, at 1,026 descriptors."},

    {.server = DocumentedServer::kSelectQueue,
     .mend = Mend::kUnboundedQueue,
     .name = "unbounded-queue",
     .full_name = "doc001/select/unbounded-queue",
     .document_lines = "message_queues[s].put(data)",
     .wrote = "Goes on reading, however long the queue is.",
     .goes_wrong = "A client that sends and does not read decides how much memory the server uses.",
     .how_to_mend =
         "Leave a socket out of the readable list while more than 64 KiB wait for it; TCP's window "
         "then tells the client to wait.",
     .trigger = "A client that sends and never reads.",
     .expected = kReportsUnboundedQueue},

    {.server = DocumentedServer::kSelectQueue,
     .mend = Mend::kUrgentDataCloses,
     .name = "urgent-data-closes",
     .full_name = "doc001/select/urgent-data-closes",
     .document_lines = R"(for s in exceptional:
    inputs.remove(s)
    if s in outputs:
        outputs.remove(s)
    s.close()
    del message_queues[s])",
     .wrote = "Takes an exceptional condition for an error and closes the connection.",
     .goes_wrong = "On Linux the one exceptional condition is urgent data. One urgent byte ends "
                   "the connection, its queue unsent.",
     .how_to_mend = "Take the byte with recv(1, MSG_OOB) and go on.",
     .trigger = "One urgent byte (MSG_OOB), with bytes before it.",
     .expected = kReportsLostBytes,
     .main = true,
     .evidence = "Seen on Linux with the document's own code: the connection is closed."},

    {.server = DocumentedServer::kSelectQueue,
     .mend = Mend::kExceptionalAfterClose,
     .name = "exceptional-after-close",
     .full_name = "doc001/select/exceptional-after-close",
     .document_lines = R"(for s in exceptional:
    print >>sys.stderr, 'handling exceptional condition for', s.getpeername()
    inputs.remove(s))",
     .wrote = "The exceptional loop handles a socket that the readable loop of the same round has "
              "closed.",
     .goes_wrong = "getpeername on the closed socket fails with EBADF; without that line, "
                   "inputs.remove would fail with ValueError. Nobody catches either.",
     .how_to_mend = "Skip a socket that is not in inputs any more.",
     .trigger = "An urgent byte and a FIN that are seen in one round, with nothing queued.",
     .expected = kReportsServerDied},

    {.server = DocumentedServer::kSelectQueue,
     .mend = Mend::kForeignLogLine,
     .name = "foreign-log-line",
     .full_name = "doc001/select/foreign-log-line",
     .document_lines = "print >>sys.stderr, 'closing', client_address, 'after reading no data'",
     .wrote =
         "The closing line names client_address: the last client accepted, not the one closing.",
     .goes_wrong = "The log says that a client left who is still there.",
     .how_to_mend = "Log the address of s.",
     .trigger = "Two clients; the one that came first closes.",
     .expected = kReportsForeignBytes},
};

}  // namespace

std::span<const Defect> SelectQueueDefects() { return kDefects; }

}  // namespace hupstorm
