#include "target/documented/defects/tables.h"

namespace hupstorm {
namespace {

constexpr Defect kDefects[] = {
    {.mend = Mend::kUnregisterAfterClose,
     .document_lines = R"(client_dict[fd].close()
client_dict.popitem()
epoll.unregister(fd))",
     .wrote = "Closes the descriptor and then takes it out of epoll.",
     .goes_wrong = "The kernel took it out at close: EBADF, which Python raises since 3.9 and "
                   "nobody catches. The first client that leaves ends the server.",
     .how_to_mend = "Unregister first, then close.",
     .trigger = "Any client closes.",
     .places = {{{"Close", "if (!mends_.Has(Mend::kUnregisterAfterClose))"}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code."},

    {.mend = Mend::kPopitemRemovesWrongClient,
     .document_lines = R"(client_dict[fd].close()
client_dict.popitem())",
     .wrote = "Drops the newest entry of the table, not that of the client who left.",
     .goes_wrong =
         "A live client loses its entry: its next bytes raise KeyError. And when another client is "
         "accepted, its socket has no name left and Python closes it.",
     .how_to_mend = "del client_dict[fd]",
     .trigger = "Two clients, the older closes; then the younger sends, or a third connects.",
     .places = {{{"Close", "client_dict_.PopItem()"}}}},

    {.mend = Mend::kBlockingClientSocket,
     .document_lines = R"(client, addr = self.tcp_server.accept()
epoll.register(client.fileno(), select.EPOLLIN))",
     .wrote = "Accepted sockets stay blocking: accept on Linux does not pass on O_NONBLOCK.",
     .goes_wrong = "send to a client that does not read sleeps, and with it the whole server.",
     .how_to_mend = "client.setblocking(False) after accept.",
     .trigger = "One client sends and never reads; a second waits.",
     .places = {{{"Accept", "tcp_server_.Accept()"}, {"Send", "SendFromQueue("}}}},

    {.mend = Mend::kSplitUtf8Kills,
     .document_lines = "data = client_dict[fd].recv(1024).decode('utf-8')",
     .wrote = "Decodes each read as UTF-8 on its own.",
     .goes_wrong = "A character that is split over two reads, or bytes that are no UTF-8, raise "
                   "UnicodeDecodeError, which nobody catches.",
     .how_to_mend =
         "Keep a decoder for each client, with errors='replace', and look for the end of input in "
         "the bytes, not in the text.",
     .trigger = "A character cut in two by a read; bytes that are not UTF-8.",
     .places = {{{"Decode", "return DecodeUtf8(data)"}}}},

    {.mend = Mend::kShortSendDrops,
     .document_lines = "client_dict[fd].send('我已经收到你的数据了!\\n'.encode('utf-8'))",
     .goes_wrong = "Once sockets are non-blocking, what the kernel did not take is lost. Where "
                   "it takes nothing (EAGAIN), the exception ends the process.",
     .how_to_mend = "Keep the rest of the answer, watch for EPOLLOUT while there is some, and "
                    "don't read while more than 64 KiB wait; at the end of input, send the rest "
                    "before closing.",
     .trigger = "A slow reader, or a send made short by memory pressure.",
     .places = {{{"Send", "SendFromQueue("}}}},

    {.mend = Mend::kResetKillsServer,
     .document_lines = R"(data = client_dict[fd].recv(1024).decode('utf-8')
client_dict[fd].send(...))",
     .places = {{{"Serve", "Receive("}, {"Send", "SendFromQueue("}}}},

    {.mend = Mend::kAcceptErrorKills,
     .document_lines = "client, addr = self.tcp_server.accept()",
     .places = {{{"Accept", "tcp_server_.Accept()"}}}},
};

}  // namespace

std::span<const Defect> EpollAckDefects() { return kDefects; }

}  // namespace hupstorm
