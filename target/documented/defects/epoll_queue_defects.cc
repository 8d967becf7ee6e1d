#include "target/documented/defects/tables.h"

namespace hupstorm {
namespace {

constexpr Defect kDefects[] = {
    {.server = DocumentedServer::kEpollQueue,
     .mend = Mend::kFinIgnored,
     .name = "fin-ignored",
     .full_name = "doc000/epoll-queue/fin-ignored",
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
     .expected = kReportsIgnoredFin,
     .main = true,
     .evidence =
         "Seen on Linux with the document's own code: 100 % CPU, CLOSE-WAIT for each client."},

    {.server = DocumentedServer::kEpollQueue,
     .mend = Mend::kHupKeepsQueue,
     .name = "hup-keeps-queue",
     .full_name = "doc000/epoll-queue/hup-keeps-queue",
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
     .expected = kReportsHeapLeak},

    {.server = DocumentedServer::kEpollQueue,
     .mend = Mend::kResetKillsServer,
     .name = "reset-kills-server",
     .full_name = "doc000/epoll-queue/reset-kills-server",
     .document_lines = R"(data = socket.recv(1024)
socket.send(msg))",
     .wrote = "Errors of recv and send are not caught.",
     .goes_wrong = "ECONNRESET, EPIPE or ETIMEDOUT on one connection ends the process and with it "
                   "all others.",
     .how_to_mend =
         "Catch OSError around both calls: EAGAIN means not now, anything else about the "
         "connection means that this one is over.",
     .trigger = "A reset between epoll_wait and recv or send. (A reset before epoll_wait shows "
                "as EPOLLHUP, which is looked at first and closes in order.)",
     .expected = kReportsServerDied},

    {.server = DocumentedServer::kEpollQueue,
     .mend = Mend::kGetpeernameKillsServer,
     .name = "getpeername-kills-server",
     .full_name = "doc000/epoll-queue/getpeername-kills-server",
     .document_lines = R"(print "收到数据:" , data , "客户端:" , socket.getpeername()
print socket.getpeername() , " queue empty"
print "发送数据:" , data , "客户端:" , socket.getpeername())",
     .wrote = "Log lines ask for the peer's address.",
     .goes_wrong =
         "After a reset getpeername fails with ENOTCONN, and the log line ends the process.",
     .how_to_mend = "Remember the address that accept returned, and log that.",
     .trigger = "A reset between epoll_wait or recv and the log line.",
     .expected = kReportsServerDied},

    {.server = DocumentedServer::kEpollQueue,
     .mend = Mend::kShortSendDrops,
     .name = "short-send-drops",
     .full_name = "doc000/epoll-queue/short-send-drops",
     .document_lines = "socket.send(msg)",
     .wrote = "The count that send returns is ignored.",
     .goes_wrong = "What the kernel did not take is lost: the client's echo has a hole. Where "
                   "the kernel takes nothing (EAGAIN), the exception ends the process.",
     .how_to_mend = "Put msg[sent:] back to the front of the queue; all of it at EAGAIN.",
     .trigger = "A nearly full send buffer, or memory pressure, makes a send short.",
     .expected = kReportsLostBytes},

    {.server = DocumentedServer::kEpollQueue,
     .mend = Mend::kAcceptErrorKills,
     .name = "accept-error-kills",
     .full_name = "doc000/epoll-queue/accept-error-kills",
     .document_lines = "connection, address = serversocket.accept()",
     .wrote = "Errors of accept are not caught.",
     .goes_wrong = "One EMFILE, or one connection aborted in the queue, ends the process.",
     .how_to_mend =
         "Catch OSError. At EMFILE, ENFILE, ENOBUFS and ENOMEM stop watching the listener until a "
         "connection closes or half a second has passed (or the loop spins); otherwise go on.",
     .trigger = "More clients than descriptors; a connection aborted before accept.",
     .expected = kReportsServerDied,
     .main = true,
     .evidence = "Seen on Linux with the document's own code: EMFILE."},

    {.server = DocumentedServer::kEpollQueue,
     .mend = Mend::kForeignLogLine,
     .name = "foreign-log-line",
     .full_name = "doc000/epoll-queue/foreign-log-line",
     .document_lines = R"(msg = message_queues[socket].get_nowait()
...
print "发送数据:" , data , "客户端:" , socket.getpeername())",
     .wrote = "The send branch logs `data`, the last bytes read from any connection, not `msg`.",
     .goes_wrong = "The log shows one client's bytes beside another's address.",
     .how_to_mend = "Log msg.",
     .trigger = "Two clients whose bytes are read in one round and sent in the next.",
     .expected = kReportsForeignBytes},
};

}  // namespace

std::span<const Defect> EpollQueueDefects() { return kDefects; }

}  // namespace hupstorm
