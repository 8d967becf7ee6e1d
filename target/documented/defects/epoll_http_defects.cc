#include "target/documented/defects/tables.h"

namespace hupstorm {
namespace {

constexpr Defect kDefects[] = {
    {.mend = Mend::kFinIgnored,
     .document_lines = R"(elif event & select.EPOLLIN:
    data=connections[fileno].recv(1024)
    requests[fileno] += data
    ...)",
     .wrote =
         "The original that the document corrects: no bytes read, nothing done. (The document adds "
         "`if data == b''` with a close.)",
     .goes_wrong = "A FIN keeps the socket readable for ever: one core at 100 %, and a "
                   "descriptor in CLOSE-WAIT for each client that left before its request was "
                   "full.",
     .how_to_mend = "As the document does: where recv returns no bytes, unregister and close.",
     .trigger = "A client closes before a full request.",
     .places = {{{"ReadFrom", "Receive(mends_, connections_[fileno], &data)"}}},
     .mended_by_default = true,
     .evidence = "The document's own finding, with telnet."},

    {.mend = Mend::kCloseKeepsConnectionState,
     .document_lines = R"(if data == b'':
    epoll.unregister(fileno)
    try :
        connections[fileno].close())",
     .wrote = "After a FIN, connections, requests and responses keep their entries.",
     .goes_wrong =
         "Three entries stay for every descriptor that was ever in use, each with what it had been "
         "sent: bounded by the most clients at once, but never given back.",
     .how_to_mend = "del the three entries in the same branch.",
     .trigger = "Many clients at once that close before a full request.",
     .places = {{{"EndOfInput", "connections_[fileno].Close()"},
                 {"Accept", "connections_.Set("},
                 {"Accept", "requests_.Set("},
                 {"Accept", "responses_.Set("}}}},

    {.mend = Mend::kHupKeepsRequestState,
     .document_lines = R"(elif event & select.EPOLLHUP:
    epoll.unregister(fileno)
    connections[fileno].close()
    del connections[fileno])",
     .wrote = "The EPOLLHUP branch drops connections only.",
     .goes_wrong = "The request and the response stay for every descriptor that was ever in use: "
                   "bounded by the most clients at once, but never given back.",
     .how_to_mend = "del requests[fileno] and responses[fileno] in the same branch.",
     .trigger = "Full requests of many clients at once.",
     .places = {{{"HangUp", "connections_.Del(fileno)"},
                 {"Accept", "requests_.Set("},
                 {"Accept", "responses_.Set("}}}},

    {.mend = Mend::kResetKillsServer,
     .document_lines = R"(data=connections[fileno].recv(1024)
byteswritten = connections[fileno].send(responses[fileno]))",
     .trigger = "A client resets its connection before it is answered.",
     .places = {{{"ReadFrom", "Receive(mends_, connections_[fileno], &data)"},
                 {"WriteTo", "connections_[fileno].Send("}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code: ECONNRESET."},

    {.mend = Mend::kAcceptErrorKills,
     .document_lines = "connection, address = serversocket.accept()",
     .places = {{{"Accept", "server_socket_.Accept()"}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code: EMFILE."},

    {.mend = Mend::kBadLogKillsServer,
     .document_lines = R"(try:
    connections[fileno].shutdown(socket.SHUT_RDWR)
except Exception, e:
    print ' connection was allready closed.....' + e)",
     .wrote = "The handler of a failed shutdown adds an exception to a string.",
     .goes_wrong = "TypeError in the handler, which nobody catches.",
     .how_to_mend = "Log str(e).",
     .trigger = "A reset between the last send and shutdown.",
     .places = {{{"EndResponse", "throw TypeError("}}},
     .evidence =
         "A race, but one that Linux has: shutdown after the client's RST fails with ENOTCONN, "
         "whether or not bytes were sent before (tried on Linux 6.18; inet_shutdown)."},

    {.mend = Mend::kNonUtf8RequestKills,
     .document_lines = "print('-'*40 + str(fileno) + '\\n' + requests[fileno].decode()[:-2])",
     .wrote = "Decodes the request as UTF-8, to log it.",
     .goes_wrong = "Bytes that are no UTF-8 raise UnicodeDecodeError, which nobody catches.",
     .how_to_mend = "Decode with errors='replace'.",
     .trigger = "Bytes that are not UTF-8 in a full request.",
     .places = {{{"ReadFrom", "DecodeUtf8(request)"}}}},

    {.mend = Mend::kUnreadInputResetsResponse,
     .document_lines = R"(connections[fileno].shutdown(socket.SHUT_RDWR)
...
connections[fileno].close())",
     .wrote = "Closes after the response, whether or not the client's input has been read.",
     .goes_wrong =
         "With unread input the kernel sends RST after the response: the client sees a reset where "
         "an orderly end is due, and may lose what it has not read yet.",
     .how_to_mend = "Shut down writing only; read and throw away until the client's FIN, for 30 "
                    "seconds at the most; close then.",
     .trigger = "A full request followed by more bytes than one read takes.",
     .places = {{{"EndResponse", "connections_[fileno].Shutdown("},
                 {"HangUp", "connections_[fileno].Close()"}}}},

    {.mend = Mend::kUnboundedRequest,
     .document_lines = R"(requests[fileno] += data
if EOL1 in requests[fileno] or EOL2 in requests[fileno]:)",
     .wrote =
         "A request grows until its blank line comes, and is searched from its start each time.",
     .goes_wrong =
         "A client that never ends its header decides how much memory the server uses, and what it "
         "costs grows with the square of that.",
     .how_to_mend =
         "Search what is new only, and end the connection where 16 KiB hold no blank line.",
     .trigger = "An endless header.",
     .places = {{{"ReadFrom", "Receive(mends_, connections_[fileno], &data)"},
                 {"ReadFrom", "requests_[fileno] += data"}}},
     .main = true,
     .evidence = "Seen on Linux with the document's own code: 100 % CPU at 2 MB."},
};

}  // namespace

std::span<const Defect> EpollHttpDefects() { return kDefects; }

}  // namespace hupstorm
