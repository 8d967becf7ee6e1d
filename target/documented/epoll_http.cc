// doc003/epoll-http: answers each full request with "Hello, world!", on level-triggered epoll.
// Without the mend of fin-ignored it is the original that document 003 corrects.
//
// The document's statements, in its order; each mend has its name beside it.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>

#include "target/documented/documented.h"
#include "target/documented/mending.h"
#include "target/documented/python/readiness.h"
#include "target/documented/servers.h"

namespace hupstorm::python {
namespace {

constexpr std::string_view kEol1 = "\n\n";
constexpr std::string_view kEol2 = "\n\r\n";

// How long a mended server reads on after its response: as long as nginx's lingering_time.
constexpr double kLingerSeconds = 30;

class EpollHttpServer {
 public:
  EpollHttpServer(MendSet mends, uint16_t port) : mends_(mends), server_socket_(Socket::Create()) {
    server_socket_.SetSockOpt(SOL_SOCKET, SO_REUSEADDR, 1);
    server_socket_.Bind({"127.0.0.1", port});
    server_socket_.Listen(10240);
    server_socket_.SetBlocking(false);
    server_socket_.SetSockOpt(IPPROTO_TCP, TCP_NODELAY, 1);
    epoll_.Register(server_socket_.fileno(), EPOLLIN);
  }

  [[noreturn]] void Run();

  // finally:
  void CleanUp() {
    epoll_.Unregister(server_socket_.fileno());
    epoll_.Close();
    server_socket_.Close();
  }

 private:
  void Accept();
  void ReadFrom(int fileno);
  bool HasFullRequest(int fileno, size_t new_bytes);
  void EndOfInput(int fileno);
  void WriteTo(int fileno);
  void EndResponse(int fileno);
  void HangUp(int fileno);
  void ReadOn(int fileno);       // unread-input-resets-response
  void EndLongLingering();       // unread-input-resets-response
  void Drop(int fileno);         // reset-kills-server
  void ForgetState(int fileno);  // all but the socket

  const MendSet mends_;
  Socket server_socket_;
  Epoll epoll_;
  Dict<int, Socket> connections_;
  Dict<int, Bytes> requests_;
  Dict<int, Bytes> responses_;
  // unread-input-resets-response: those that have their response, and until when their input is
  // read and thrown away. The oldest first.
  Dict<int, double> lingering_;
  ListenerPause pause_;
};

void EpollHttpServer::Run() {
  while (true) {
    if (pause_.EndIfOver()) epoll_.Modify(server_socket_.fileno(), EPOLLIN);
    const std::vector<Event> events = epoll_.Wait(pause_.Shorten(10));
    for (const auto& [fileno, event] : events) {
      if (fileno == server_socket_.fileno()) {
        Accept();
      } else if ((event & EPOLLIN) != 0) {
        ReadFrom(fileno);
      } else if ((event & EPOLLOUT) != 0) {
        WriteTo(fileno);
      } else if ((event & EPOLLHUP) != 0) {
        HangUp(fileno);
      } else {
        Print(std::string(10, '='));
        Print(fileno, std::to_string(event));
      }
    }
    EndLongLingering();
  }
}

void EpollHttpServer::Accept() {
  try {
    auto [connection, address] = server_socket_.Accept();
    connection.SetBlocking(false);
    epoll_.Register(connection.fileno(), EPOLLIN);
    connections_.Set(connection.fileno(), connection);
    requests_.Set(connection.fileno(), "");
    responses_.Set(connection.fileno(), kHttpResponse);
  } catch (const OSError& error) {
    // accept-error-kills
    if (pause_.Begin(mends_, error)) epoll_.Modify(server_socket_.fileno(), 0);
  }
}

void EpollHttpServer::ReadFrom(int fileno) {
  if (lingering_.Has(fileno)) {
    ReadOn(fileno);
    return;
  }
  Bytes data;
  const Outcome outcome = Receive(mends_, connections_[fileno], &data);
  if (outcome == Outcome::kLost) Drop(fileno);
  if (outcome != Outcome::kDone) return;
  requests_[fileno] += data;
  if (HasFullRequest(fileno, data.size())) {
    epoll_.Modify(fileno, EPOLLOUT);
    const Bytes& request = requests_[fileno];
    const std::string text =
        mends_.Has(Mend::kNonUtf8RequestKills) ? DecodeUtf8Replacing(request) : DecodeUtf8(request);
    Print(std::string(40, '-') + std::to_string(fileno) + "\n" + DropLastCharacters(text, 2));
  } else if (mends_.Has(Mend::kUnboundedRequest) &&
             requests_[fileno].size() > kDocumentedRequestLimit) {
    requests_.Set(fileno, "");
    responses_.Set(fileno, "");
    EndResponse(fileno);
    return;
  }
  if (data.empty() && mends_.Has(Mend::kFinIgnored)) EndOfInput(fileno);
}

// EOL1 in requests[fileno] or EOL2 in requests[fileno]. Mended (unbounded-request): looks only at
// what is new, and at the two bytes before it, where a blank line may have begun.
bool EpollHttpServer::HasFullRequest(int fileno, size_t new_bytes) {
  std::string_view request = requests_[fileno];
  if (mends_.Has(Mend::kUnboundedRequest)) {
    request.remove_prefix(request.size() - std::min(request.size(), new_bytes + 2));
  }
  return request.find(kEol1) != request.npos || request.find(kEol2) != request.npos;
}

void EpollHttpServer::EndOfInput(int fileno) {
  Print("receiv client close : " + std::to_string(fileno) + " ");
  epoll_.Unregister(fileno);
  connections_[fileno].Close();
  pause_.ConnectionClosed();
  if (mends_.Has(Mend::kCloseKeepsConnectionState)) {
    connections_.Del(fileno);
    ForgetState(fileno);
  }
}

void EpollHttpServer::WriteTo(int fileno) {
  size_t bytes_written = 0;
  try {
    bytes_written = connections_[fileno].Send(responses_[fileno]);
  } catch (const OSError& error) {
    if (!mends_.Has(Mend::kResetKillsServer)) throw;
    if (IsNotNow(error)) return;
    if (!IsConnectionLost(error)) throw;
    Drop(fileno);
    return;
  }
  responses_[fileno].erase(0, bytes_written);
  if (responses_[fileno].empty()) EndResponse(fileno);
}

void EpollHttpServer::EndResponse(int fileno) {
  const bool lingers = mends_.Has(Mend::kUnreadInputResetsResponse);
  epoll_.Modify(fileno, lingers ? uint32_t{EPOLLIN} : 0U);
  if (lingers) lingering_.Set(fileno, MonotonicSeconds() + kLingerSeconds);
  try {
    connections_[fileno].Shutdown(lingers ? SHUT_WR : SHUT_RDWR);
  } catch (const OSError& error) {
    // print ' connection was allready closed.....' + e
    if (!mends_.Has(Mend::kBadLogKillsServer)) {
      throw TypeError("can only concatenate str (not \"" + error.class_name() + "\") to str");
    }
    Print(" connection was allready closed....." + error.message());
  }
}

void EpollHttpServer::HangUp(int fileno) {
  Print("close fd : " + std::to_string(fileno) + " ");
  epoll_.Unregister(fileno);
  connections_[fileno].Close();
  pause_.ConnectionClosed();
  connections_.Del(fileno);
  if (mends_.Has(Mend::kHupKeepsRequestState)) ForgetState(fileno);
}

// When the client has ended its side too, both are shut: EPOLLHUP comes by itself, and HangUp
// closes, as the document has it.
void EpollHttpServer::ReadOn(int fileno) {
  Bytes data;
  try {
    data = connections_[fileno].Recv(1024);
  } catch (const OSError& error) {
    if (IsNotNow(error)) return;
    if (!IsConnectionLost(error)) throw;
    // The same end: with an error, too, both sides are shut.
  }
  if (!data.empty()) return;
  lingering_.Del(fileno);
  epoll_.Modify(fileno, 0);
}

void EpollHttpServer::EndLongLingering() {
  if (lingering_.empty()) return;
  const double now = MonotonicSeconds();
  while (!lingering_.empty() && lingering_.begin()->second <= now) {
    const int fileno = lingering_.begin()->first;
    lingering_.Del(fileno);
    epoll_.Modify(fileno, 0);
    try {
      connections_[fileno].Shutdown(SHUT_RDWR);
    } catch (const OSError& error) {
      if (!IsConnectionLost(error)) throw;
    }
  }
}

void EpollHttpServer::Drop(int fileno) {
  epoll_.Unregister(fileno);
  connections_[fileno].Close();
  pause_.ConnectionClosed();
  connections_.Del(fileno);
  ForgetState(fileno);
}

void EpollHttpServer::ForgetState(int fileno) {
  requests_.Del(fileno);
  responses_.Del(fileno);
}

}  // namespace

void ServeEpollHttp(MendSet mends, uint16_t port) {
  EpollHttpServer server(mends, port);
  try {
    server.Run();
  } catch (...) {
    server.CleanUp();
    throw;
  }
}

}  // namespace hupstorm::python
