#include "target/documented/defects/tables.h"

namespace hupstorm {
namespace {

constexpr Defect kDefects[] = {
    {.mend = Mend::kUrgentDataKills,
     .document_lines =
         R"(READ_ONLY = select.POLLIN | select.POLLPRI | select.POLLHUP | select.POLLERR
if flag & (select.POLLIN | select.POLLPRI):
    data = s.recv(1024))",
     .wrote = "POLLPRI leads to a plain recv.",
     .goes_wrong = "Urgent data is not part of the stream: recv finds nothing and fails with "
                   "EAGAIN, which is not caught.",
     .how_to_mend = "Don't ask for POLLPRI: nobody here wants urgent data.",
     .trigger = "One urgent byte (MSG_OOB).",
     .places = {{{"ReadFrom", "Receive(mends, s, &data)"}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code: EAGAIN."},

    {.mend = Mend::kInputStarvesOutput,
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
     .places = {{{"ReadFrom", "Receive(mends, s, &data)"}, {"Run", "ReadFrom(s, flag)"}}},
     .evidence = "On Linux 6.18 a client that sent 520 MB in 3 s got 25 KB back, and all the rest "
                 "once it paused: the socket is watched for POLLOUT until its queue is empty, so "
                 "the server never sleeps on what it could send. What shows is the queue, never a "
                 "stall."},

    {.mend = Mend::kHalfCloseDropsQueue,
     .document_lines = R"(else:
    # Interpret empty result as closed connection
    poller.unregister(s)
    s.close()
    del message_queues[s])",
     .how_to_mend = "Watch it for POLLOUT only, send the rest of its queue, and close then.",
     .places = {{{"EndOfInput", "Close(s);"}}}},

    {.mend = Mend::kHupKeepsQueue,
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
     .places = {{{"HangUp", "Close(s, mends_"},
                 {"Accept", "message_queues_.Set(connection, Queue())"}}},
     .evidence =
         "As written, only a race leads there. tcp_poll reports POLLHUP when both directions are "
         "shut or the state is CLOSE, and POLLIN with it as soon as the receiving side is shut; "
         "the document always asks for POLLIN and looks at it first. But tcp_done sets the state "
         "to CLOSE before it shuts the directions, and a poll on another CPU sees the moment "
         "between: of 500,000 resets of a connection that a second CPU polled without pause "
         "(Linux 6.18), 200,000 polls said POLLHUP and 250,000 said POLLERR, without POLLIN. A "
         "server that ceases to ask for POLLIN, as the mends of half-close-drops-queue and "
         "input-starves-output do, gets there at every reset."},

    {.mend = Mend::kCloseKeepsFdMap,
     .document_lines = "fd_to_socket[ connection.fileno() ] = connection",
     .wrote = "fd_to_socket is never cleaned.",
     .goes_wrong = "A closed socket object stays for every descriptor that was ever in use: "
                   "bounded by the most clients at once, but never given back.",
     .how_to_mend = "del fd_to_socket[fd] wherever a connection is closed.",
     .trigger = "Many clients at once, then none.",
     .places = {{{"Accept", "fd_to_socket_.Set(connection.fileno(), connection)"}}}},

    {.mend = Mend::kResetKillsServer,
     .document_lines = R"(data = s.recv(1024)
s.send(next_msg))",
     .places = {{{"ReadFrom", "Receive(mends, s, &data)"}, {"WriteTo", "SendFromQueue("}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code: ECONNRESET."},

    {.mend = Mend::kGetpeernameKillsServer,
     .document_lines = R"(print >>sys.stderr, 'received "%s" from %s' % (data, s.getpeername())
print >>sys.stderr, 'output queue for', s.getpeername(), 'is empty'
print >>sys.stderr, 'sending "%s" to %s' % (next_msg, s.getpeername()))",
     .places = {{{"ReadFrom", "PeerName(mends_, s)"},
                 {"WriteTo", "\"output queue for\""},
                 {"WriteTo", "\"sending"},
                 {"HandleError", "PeerName(mends_, s)"}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code: ENOTCONN."},

    {.mend = Mend::kShortSendDrops,
     .document_lines = "s.send(next_msg)",
     .places = {{{"WriteTo", "SendFromQueue("}}}},

    {.mend = Mend::kAcceptErrorKills,
     .document_lines = "connection, client_address = s.accept()",
     .how_to_mend =
         "Catch OSError. At EMFILE, ENFILE, ENOBUFS and ENOMEM ask for no events of the listener "
         "until a connection closes or half a second has passed; otherwise go on.",
     .places = {{{"Accept", "s.Accept()"}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code: EMFILE."},

    {.mend = Mend::kForeignLogLine,
     .document_lines = R"(print >>sys.stderr, 'closing', client_address, 'after reading no data'
print >>sys.stderr, 'closing', client_address, 'after receiving HUP')",
     .wrote =
         "The closing lines name client_address: the last client accepted, not the one closing.",
     .places = {{{"EndOfInput", "PrintToStderr(\"closing\""},
                 {"HangUp", "PrintToStderr(\"closing\""}}}},
};

}  // namespace

std::span<const Defect> PollQueueDefects() { return kDefects; }

}  // namespace hupstorm
