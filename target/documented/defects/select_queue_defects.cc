#include "target/documented/defects/tables.h"

namespace hupstorm {
namespace {

constexpr Defect kDefects[] = {
    {.mend = Mend::kClosedStillWritable,
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
     .places = {{{"WriteTo", "message_queues_[s].GetNowait()"}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code."},

    {.mend = Mend::kHalfCloseDropsQueue,
     .document_lines = R"(else:
    # Interpret empty result as closed connection
    if s in outputs:
        outputs.remove(s)
    inputs.remove(s)
    s.close()
    del message_queues[s])",
     .how_to_mend = "Stop reading from it, send the rest of its queue, and close then.",
     .places = {{{"EndOfInput", "Close(s);"}}}},

    {.mend = Mend::kResetKillsServer,
     .document_lines = R"(data = s.recv(1024)
s.send(next_msg))",
     .places = {{{"ReadFrom", "Receive(mends_, s, &data)"}, {"WriteTo", "SendFromQueue("}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code: ECONNRESET."},

    {.mend = Mend::kGetpeernameKillsServer,
     .document_lines = R"(print >>sys.stderr, 'received "%s" from %s' % (data, s.getpeername())
print >>sys.stderr, 'output queue for', s.getpeername(), 'is empty'
print >>sys.stderr, 'sending "%s" to %s' % (next_msg, s.getpeername())
print >>sys.stderr, 'handling exceptional condition for', s.getpeername())",
     .places = {{{"ReadFrom", "PeerName(mends_, s)"},
                 {"WriteTo", "\"output queue for\""},
                 {"WriteTo", "\"sending"},
                 {"HandleException", "PeerName(mends_, s)"}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code: ENOTCONN."},

    {.mend = Mend::kShortSendDrops,
     .document_lines = "s.send(next_msg)",
     .places = {{{"WriteTo", "SendFromQueue("}}}},

    {.mend = Mend::kAcceptErrorKills,
     .document_lines = "connection, client_address = s.accept()",
     .how_to_mend =
         "Catch OSError. At EMFILE, ENFILE, ENOBUFS and ENOMEM leave the listener out of the list "
         "until a connection closes or half a second has passed; otherwise go on.",
     .places = {{{"Accept", "s.Accept()"}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code: EMFILE."},

    {.mend = Mend::kFdSetsize,
     .document_lines = "readable, writable, exceptional = select.select(inputs, outputs, inputs)",
     .wrote = "Every accepted socket goes into the lists, whatever its descriptor.",
     .goes_wrong =
         "select refuses descriptors from 1,024 up (ValueError), and the error is not caught.",
     .how_to_mend =
         "Ask poll in place of select when a descriptor is that large; or refuse the client.",
     .trigger = "1,100 connections at once.",
     .places = {{{"Wait", "return Select("}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code, at 1,026 descriptors."},

    {.mend = Mend::kUnboundedQueue,
     .document_lines = "message_queues[s].put(data)",
     .wrote = "Goes on reading, however long the queue is.",
     .goes_wrong = "A client that sends and does not read decides how much memory the server uses.",
     .how_to_mend =
         "Leave a socket out of the readable list while more than 64 KiB wait for it; TCP's window "
         "then tells the client to wait.",
     .trigger = "A client that sends and never reads.",
     .places = {{{"ReadFrom", "Receive(mends_, s, &data)"},
                 {"ReadFrom", "message_queues_[s].Put(data)"}}}},

    {.mend = Mend::kUrgentDataCloses,
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
     .places = {{{"HandleException", "Close(s);"}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code: the connection is closed."},

    {.mend = Mend::kExceptionalAfterClose,
     .document_lines = R"(for s in exceptional:
    print >>sys.stderr, 'handling exceptional condition for', s.getpeername()
    inputs.remove(s))",
     .wrote = "The exceptional loop handles a socket that the readable loop of the same round has "
              "closed.",
     .goes_wrong = "getpeername on the closed socket fails with EBADF; without that line, "
                   "inputs.remove would fail with ValueError. Nobody catches either.",
     .how_to_mend = "Skip a socket that is not in inputs any more.",
     .trigger = "An urgent byte and a FIN that are seen in one round, with nothing queued.",
     .places = {{{"HandleException", "PeerName(mends_, s)"},
                 {"HandleException", "s.Recv(1, MSG_OOB)"}}}},

    {.mend = Mend::kForeignLogLine,
     .document_lines = "print >>sys.stderr, 'closing', client_address, 'after reading no data'",
     .wrote =
         "The closing line names client_address: the last client accepted, not the one closing.",
     .places = {{{"EndOfInput", "PrintToStderr(\"closing\""}}}},
};

}  // namespace

std::span<const Defect> SelectQueueDefects() { return kDefects; }

}  // namespace hupstorm
