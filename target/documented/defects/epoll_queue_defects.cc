#include "target/documented/defects/tables.h"

namespace hupstorm {
namespace {

constexpr Defect kDefects[] = {
    {.mend = Mend::kFinIgnored,
     .document_lines = R"(elif event & select.EPOLLIN:
   data = socket.recv(1024)
   if data:
      ...)",
     .wrote = "recv returns no bytes, and nothing is done: there is no else to `if data`.",
     .goes_wrong =
         "A FIN keeps the socket readable for ever, so level-triggered EPOLLIN is reported on "
         "every call: one core at 100 %, and a descriptor in CLOSE-WAIT for each client that "
         "ever left.",
     .how_to_mend =
         "Where recv returns no bytes, unregister the descriptor, close the socket, and forget its "
         "queue and its entry in fd_to_socket.",
     .trigger = "A client half-closes, or closes with nothing queued.",
     .places = {{{"ReadFrom", "Receive(mends_, socket, &data_)"}}},
     .main = true,
     .evidence =
         "Seen on Linux with the document's own code: 100 % CPU, CLOSE-WAIT for each client."},

    {.mend = Mend::kHupKeepsQueue,
     .document_lines = R"(elif event & select.EPOLLHUP:
   print 'client close'
   epoll.unregister(fd)
   fd_to_socket[fd].close()
   del fd_to_socket[fd])",
     .wrote = "The EPOLLHUP branch cleans fd_to_socket and forgets message_queues.",
     .goes_wrong =
         "Each reset connection leaves its socket object and its queue behind; memory grows for as "
         "long as the server runs.",
     .how_to_mend = "del message_queues[fd_to_socket[fd]] in the same branch.",
     .trigger = "Connect and reset, many times.",
     .places = {{{"HangUp", "Close(fd, mends_"},
                 {"Accept", "message_queues_.Set(connection, Queue())"}}}},

    {.mend = Mend::kResetKillsServer,
     .document_lines = R"(data = socket.recv(1024)
socket.send(msg))",
     .goes_wrong = "ECONNRESET, EPIPE or ETIMEDOUT on one connection ends the process and with it "
                   "all others.",
     .trigger = "A reset between epoll_wait and recv or send. (A reset before epoll_wait shows "
                "as EPOLLHUP, which is looked at first and closes in order.)",
     .places = {{{"ReadFrom", "Receive(mends_, socket, &data_)"}, {"WriteTo", "SendFromQueue("}}}},

    {.mend = Mend::kGetpeernameKillsServer,
     .document_lines = R"(print "收到数据:" , data , "客户端:" , socket.getpeername()
print socket.getpeername() , " queue empty"
print "发送数据:" , data , "客户端:" , socket.getpeername())",
     .goes_wrong =
         "After a reset getpeername fails with ENOTCONN, and the log line ends the process.",
     .trigger = "A reset between epoll_wait or recv and the log line.",
     .places = {{{"ReadFrom", "PeerName(mends_, socket)"},
                 {"WriteTo", "\" queue empty\""},
                 {"WriteTo", "Repr(logged)"}}}},

    {.mend = Mend::kShortSendDrops,
     .document_lines = "socket.send(msg)",
     .goes_wrong = "What the kernel did not take is lost: the client's echo has a hole. Where "
                   "the kernel takes nothing (EAGAIN), the exception ends the process.",
     .how_to_mend = "Put msg[sent:] back to the front of the queue; all of it at EAGAIN.",
     .trigger = "A nearly full send buffer, or memory pressure, makes a send short.",
     .places = {{{"WriteTo", "SendFromQueue("}}}},

    {.mend = Mend::kAcceptErrorKills,
     .document_lines = "connection, address = serversocket.accept()",
     .how_to_mend =
         "Catch OSError. At EMFILE, ENFILE, ENOBUFS and ENOMEM stop watching the listener until a "
         "connection closes or half a second has passed (or the loop spins); otherwise go on.",
     .places = {{{"Accept", "server_socket_.Accept()"}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code: EMFILE."},

    {.mend = Mend::kForeignLogLine,
     .document_lines = R"(msg = message_queues[socket].get_nowait()
...
print "发送数据:" , data , "客户端:" , socket.getpeername())",
     .wrote = "The send branch logs `data`, the last bytes read from any connection, not `msg`.",
     .goes_wrong = "The log shows one client's bytes beside another's address.",
     .how_to_mend = "Log msg.",
     .trigger = "Two clients whose bytes are read in one round and sent in the next.",
     .places = {{{"WriteTo", "Repr(logged)"}}}},
};

}  // namespace

std::span<const Defect> EpollQueueDefects() { return kDefects; }

}  // namespace hupstorm
