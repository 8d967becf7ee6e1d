#include "tests/scenarios/control_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace hupstorm {
namespace {

constexpr size_t kBound = 64 * 1024;

volatile std::sig_atomic_t stop_asked;

struct Client {
  std::string out;      // queued output
  std::string late;     // kWaitsForMore: held until the next read
  std::string request;  // HTTP
  int port = 0;
  bool finished = false;  // end of input
  bool answered = false;  // HTTP: the response is queued
  bool shut = false;      // HTTP: writing is shut down
};

// How a server answers; an echo has none of it.
struct Speech {
  std::string request_end;  // empty: each read is a request
  std::string response;     // '#' stands for the number of the answer
  bool ends = false;        // one request, and the connection ends
};

Speech SpeechOf(Speaks speaks) {
  constexpr char kBlankLine[] = "\r\n\r\n";
  switch (speaks) {
    case Speaks::kEcho:
      break;
    case Speaks::kHttp:
      return {kBlankLine, kHttpResponse, true};
    case Speaks::kThirdPartyHttp:
      return {kBlankLine, "HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\nhello\n", true};
    case Speaks::kThirdPartyHttpToTheEnd:
      return {kBlankLine, "HTTP/1.1 200 OK\r\nServer: control\r\n\r\nhello\n", true};
    case Speaks::kThirdPartyAck:
      return {"", "ok\n", false};
    case Speaks::kNone:
      return {"", "what?\n", true};
    case Speaks::kExpect:
    case Speaks::kGreetsAndAnswers:
      return {"\r\n", "+PONG #\r\n", false};
    case Speaks::kExpectClose:
      return {kBlankLine, "hello #\r\n", true};
  }
  return {};
}

class ControlServer {
 public:
  ControlServer(Bug bug, Speaks speaks)
      : bug_(bug),
        echoes_(speaks == Speaks::kEcho),
        greets_(bug == Bug::kGreets ||
                (speaks == Speaks::kGreetsAndAnswers && bug != Bug::kNeverAnswers)),
        speech_(SpeechOf(speaks)) {}

  ~ControlServer() {
    if (bug_ == Bug::kLeavesOpen) return;
    for (const auto& [fd, client] : clients_) close(fd);
    if (listener_ >= 0) close(listener_);
  }

  void Serve(uint16_t port) {
    stop_asked = 0;
    struct sigaction action {};
    action.sa_handler = bug_ == Bug::kIgnoresStop ? [](int) {} : [](int) { stop_asked = 1; };
    sigaction(SIGTERM, &action, nullptr);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(listener_, 128) != 0) {
      throw std::runtime_error("cannot listen");
    }
    while (stop_asked == 0 && !done_) Turn();
  }

 private:
  void Turn() {
    std::vector<pollfd> fds;
    if (accepting_) fds.push_back({.fd = listener_, .events = POLLIN, .revents = 0});
    bool late = false;
    for (auto& [fd, client] : clients_) {
      short events = 0;
      late = late || (bug_ == Bug::kAnswersLate && !client.late.empty());
      const bool room = client.out.size() < kBound || bug_ == Bug::kReadsWithoutBound;
      if (room && (!client.finished || bug_ == Bug::kIgnoresFin)) events |= POLLIN;
      if (!client.out.empty() || bug_ == Bug::kAlwaysAsksToWrite) events |= POLLOUT;
      fds.push_back({.fd = fd, .events = events, .revents = 0});
    }
    const int ready_count = poll(fds.data(), fds.size(), late ? 1 : -1);
    if (ready_count < 0) return;  // EINTR: a signal
    if (ready_count == 0) {
      for (auto& [fd, client] : clients_) {
        client.out += std::exchange(client.late, "");
        fds.push_back({.fd = fd, .events = 0, .revents = 0});
      }
    }
    for (const pollfd& ready : fds) {
      if (ready.revents == 0) continue;
      if (ready.fd == listener_) {
        Accept();
      } else if (clients_.count(ready.fd) != 0) {
        if ((ready.revents & (POLLIN | POLLERR | POLLHUP)) != 0) Read(ready.fd);
      }
    }
    // Output comes after all input of the turn.
    for (const pollfd& ready : fds) {
      if (ready.fd != listener_ && clients_.count(ready.fd) != 0) Write(ready.fd);
    }
  }

  void Accept() {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    const int flags = bug_ == Bug::kBlocks ? 0 : SOCK_NONBLOCK;
    const int fd = accept4(listener_, reinterpret_cast<sockaddr*>(&address), &length, flags);
    if (fd < 0) {
      turns_away_ = bug_ == Bug::kTurnsAway && errno == EMFILE;
      if (turns_away_) return;
      // Until one of its own is closed: where it has none, others have taken the descriptors.
      const bool full = errno == EMFILE && !clients_.empty();
      if (full || bug_ == Bug::kStopsAccepting) accepting_ = false;
      return;
    }
    if (turns_away_) {
      turns_away_ = false;
      close(fd);
      return;
    }
    clients_[fd].port = ntohs(address.sin_port);
    if (greets_) clients_[fd].out = "220 hello\r\n";
    if (bug_ == Bug::kKeepsState) kept_.push_back(std::make_unique<std::string>(200, 'k'));
    if (bug_ == Bug::kKeepsTable) table_[fd] = std::string(200, 'k');
  }

  void Close(int fd) {
    clients_.erase(fd);
    close(fd);
    if (bug_ == Bug::kClosesTwice) close(fd);
    if (bug_ != Bug::kStopsAccepting) accepting_ = true;
    if (bug_ == Bug::kReturns) done_ = true;
  }

  void Read(int fd) {
    Client& client = clients_[fd];
    char bytes[2048];
    const size_t count = bug_ == Bug::kClosesUnread ? 64 : sizeof(bytes);
    const ssize_t got = recv(fd, bytes, count, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got < 0) {
      if (bug_ == Bug::kDiesOfReset) throw std::runtime_error("recv failed");
      if (bug_ == Bug::kForgetsAfterReset) {
        clients_.erase(fd);
      } else {
        Close(fd);
      }
      return;
    }
    if (got == 0) {
      if (bug_ == Bug::kIgnoresFin) return;
      client.finished = true;
      client.out += std::exchange(client.late, "");
      if (client.out.empty() || bug_ == Bug::kCutsOffHalfClosed) Close(fd);
      return;
    }
    Take(client, std::string(bytes, static_cast<size_t>(got)));
  }

  void Take(Client& client, const std::string& bytes) {
    if (bug_ == Bug::kLogsWrongClient) {
      const std::string line = "got " + (last_.empty() ? bytes : last_) +
                               " from 127.0.0.1:" + std::to_string(client.port) + "\n";
      if (write(STDOUT_FILENO, line.data(), line.size()) < 0) return;
      last_ = bytes;
    }
    if (!echoes_) {
      Answer(client, bytes);
    } else if (bug_ == Bug::kWaitsForMore) {
      client.out += client.late;
      client.late = bytes;
    } else if (bug_ == Bug::kAnswersLate) {
      client.late += bytes;
    } else if (bug_ == Bug::kSharesBuffer) {
      shared_.resize(std::max(shared_.size(), bytes.size()));
      shared_.replace(0, bytes.size(), bytes);
      client.out = std::string(bytes.size(), ' ');
    } else {
      client.out += bytes;
    }
  }

  void Answer(Client& client, const std::string& bytes) {
    const std::string& end = speech_.request_end;
    if (client.answered) return;
    if (bug_ == Bug::kNeverAnswers) {
      client.request += bytes;
      return;
    }
    if (end.empty() || bug_ == Bug::kClosesUnread || bug_ == Bug::kAnswersEachRead) {
      client.answered = speech_.ends;
      client.out += NextResponse();
      return;
    }
    client.request += bytes;
    size_t begin = 0;
    for (size_t at; !client.answered && (at = client.request.find(end, begin)) != std::string::npos;
         begin = at + end.size()) {
      client.answered = speech_.ends;
      client.out += NextResponse();
    }
    client.request.erase(0, begin);
  }

  std::string NextResponse() {
    std::string response = speech_.response;
    if (const size_t number = response.find('#'); number != std::string::npos) {
      response.replace(number, 1, std::to_string(++answers_));
    }
    if (bug_ == Bug::kAnswersWrongly) response[1] = '?';
    if (bug_ == Bug::kCutsResponse) response.pop_back();
    return response;
  }

  void Write(int fd) {
    Client& client = clients_[fd];
    if (bug_ == Bug::kSharesBuffer && !client.out.empty()) {
      client.out = shared_.substr(0, client.out.size());
    }
    const int flags = bug_ == Bug::kDiesOfSigpipe ? 0 : MSG_NOSIGNAL;
    while (!client.out.empty()) {
      const ssize_t sent = send(fd, client.out.data(), client.out.size(), flags);
      if (sent < 0 && errno == EAGAIN && bug_ == Bug::kRetriesSend) continue;
      if (sent < 0 && errno == EAGAIN && bug_ != Bug::kDropsTail) return;
      if (sent < 0 && errno != EAGAIN) {
        if (bug_ == Bug::kDiesOfSigpipe) return;
        return Close(fd);
      }
      if (bug_ == Bug::kSendsForEver) continue;
      client.out.erase(
          0, bug_ == Bug::kDropsTail || sent < 0 ? client.out.size() : static_cast<size_t>(sent));
    }
    if (client.answered) {
      EndAnswered(fd, client);
    } else if (client.finished) {
      Close(fd);
    }
  }

  void EndAnswered(int fd, Client& client) {
    if (bug_ == Bug::kNeverEnds) return;
    if (bug_ == Bug::kClosesUnread || client.finished) return Close(fd);
    if (!client.shut) shutdown(fd, SHUT_WR);
    client.shut = true;  // reads on until the client's end
  }

  const Bug bug_;
  const bool echoes_;
  const bool greets_;
  const Speech speech_;
  int listener_ = -1;
  bool accepting_ = true;
  bool turns_away_ = false;
  bool done_ = false;
  std::map<int, Client> clients_;
  int answers_ = 0;
  std::string shared_;
  std::string last_;
  std::vector<std::unique_ptr<std::string>> kept_;
  std::map<int, std::string> table_;
};

}  // namespace

Target ControlTarget(Bug bug, Speaks speaks) {
  Target target;
  target.name = "control";
  switch (speaks) {
    case Speaks::kEcho:
      target.protocol = Protocol::kEcho;
      break;
    case Speaks::kThirdPartyHttp:
    case Speaks::kThirdPartyHttpToTheEnd:
    case Speaks::kHttp:
      target.protocol = Protocol::kHttp;
      break;
    case Speaks::kThirdPartyAck:
      target.protocol = Protocol::kAck;
      break;
    case Speaks::kNone:
      target.protocol = Protocol::kNone;
      break;
    case Speaks::kExpect:
    case Speaks::kGreetsAndAnswers:
    case Speaks::kExpectClose:
      target.protocol = Protocol::kExpect;
      break;
  }
  target.third_party = speaks != Speaks::kEcho && speaks != Speaks::kHttp;
  if (speaks == Speaks::kExpect) {
    target.exchange = std::make_shared<const Exchange>(
        Exchange{.request = "PING\r\n", .response = {{"+PONG ", false}, {"\r\n", true}}});
    // Not to be found out by millions of small requests.
    target.queue_bound = Target::kUnknownBound / 2;
  } else if (speaks == Speaks::kGreetsAndAnswers) {
    target.exchange =
        std::make_shared<const Exchange>(Exchange{.request = "PING\r\n",
                                                  .response = {{"+PONG ", false}, {"\r\n", true}},
                                                  .greeting = {{"220 ", false}, {"\r\n", true}}});
  } else if (speaks == Speaks::kExpectClose) {
    target.exchange = std::make_shared<const Exchange>(Exchange{
        .request = "GET\r\n\r\n", .response = {{"hello ", false}, {"\r\n", true}}, .close = true});
  }
  target.log_names_client = true;
  target.serve = [bug, speaks](uint16_t port) { ControlServer(bug, speaks).Serve(port); };
  return target;
}

Target ControlTarget(Bug bug, bool http) {
  return ControlTarget(bug, http ? Speaks::kHttp : Speaks::kEcho);
}

}  // namespace hupstorm
