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

class ControlServer {
 public:
  ControlServer(Bug bug, bool http) : bug_(bug), http_(http) {}

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
    for (const auto& [fd, client] : clients_) {
      short events = 0;
      const bool room = client.out.size() < kBound || bug_ == Bug::kReadsWithoutBound;
      if (room && (!client.finished || bug_ == Bug::kIgnoresFin)) events |= POLLIN;
      if (!client.out.empty() || bug_ == Bug::kAlwaysAsksToWrite) events |= POLLOUT;
      fds.push_back({.fd = fd, .events = events, .revents = 0});
    }
    if (poll(fds.data(), fds.size(), -1) < 0) return;  // EINTR: a signal
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
      if (errno == EMFILE || bug_ == Bug::kStopsAccepting) accepting_ = false;
      return;
    }
    clients_[fd].port = ntohs(address.sin_port);
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
      client.out += client.late;
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
    if (http_) {
      if (client.answered) return;
      client.request += bytes;
      const bool whole = client.request.find("\r\n\r\n") != std::string::npos;
      if (whole || bug_ == Bug::kClosesUnread) {
        client.answered = true;
        client.out = kHttpResponse;
      }
    } else if (bug_ == Bug::kWaitsForMore) {
      client.out += client.late;
      client.late = bytes;
    } else if (bug_ == Bug::kSharesBuffer) {
      shared_.resize(std::max(shared_.size(), bytes.size()));
      shared_.replace(0, bytes.size(), bytes);
      client.out = std::string(bytes.size(), ' ');
    } else {
      client.out += bytes;
    }
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
      client.out.erase(
          0, bug_ == Bug::kDropsTail || sent < 0 ? client.out.size() : static_cast<size_t>(sent));
    }
    if (http_ && client.answered) {
      EndHttp(fd, client);
    } else if (client.finished) {
      Close(fd);
    }
  }

  void EndHttp(int fd, Client& client) {
    if (bug_ == Bug::kNeverEnds) return;
    if (bug_ == Bug::kClosesUnread || client.finished) return Close(fd);
    if (!client.shut) shutdown(fd, SHUT_WR);
    client.shut = true;  // reads on until the client's end
  }

  const Bug bug_;
  const bool http_;
  int listener_ = -1;
  bool accepting_ = true;
  bool done_ = false;
  std::map<int, Client> clients_;
  std::string shared_;
  std::string last_;
  std::vector<std::unique_ptr<std::string>> kept_;
  std::map<int, std::string> table_;
};

}  // namespace

Target ControlTarget(Bug bug, bool http) {
  Target target;
  target.name = "control";
  target.protocol = http ? Protocol::kHttp : Protocol::kEcho;
  target.log_names_client = true;
  target.serve = [bug, http](uint16_t port) { ControlServer(bug, http).Serve(port); };
  return target;
}

}  // namespace hupstorm
