#include "pong.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr char kRequest[] = "PING\n";
constexpr char kResponse[] = "PONG\n";

class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  ~Connection() { close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }
  short events() const { return unsent_.empty() ? POLLIN : POLLOUT; }

  bool OnReady() {  // false when it is over
    if (unsent_.empty()) {
      char buffer[4096];
      const ssize_t received = recv(fd_, buffer, sizeof buffer, 0);
      if (received < 0) return errno == EAGAIN || errno == EINTR;
      if (received == 0) return false;
      input_.append(buffer, static_cast<size_t>(received));
      while (input_.starts_with(kRequest)) {
        input_.erase(0, sizeof kRequest - 1);
        unsent_ += kResponse;
      }
      if (unsent_.empty()) return true;
    }
    const ssize_t sent = send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    unsent_.erase(0, static_cast<size_t>(sent));
    return true;
  }

 private:
  int fd_;
  std::string input_;
  std::string unsent_;
};

}  // namespace

void RunPong(uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, SOMAXCONN) != 0) {
    throw std::runtime_error("cannot listen");
  }
  std::vector<std::unique_ptr<Connection>> connections;
  bool can_accept = true;
  while (true) {
    std::vector<pollfd> polled;
    for (const auto& connection : connections) {
      polled.push_back({connection->fd(), connection->events(), 0});
    }
    if (can_accept) polled.push_back({listener, POLLIN, 0});
    const int ready = poll(polled.data(), polled.size(), can_accept ? -1 : 100);
    can_accept = true;
    if (ready <= 0) continue;
    for (size_t i = polled.size(); i-- > 0;) {
      if (polled[i].revents == 0) continue;
      if (polled[i].fd == listener) {
        const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        can_accept = fd >= 0;
        if (fd >= 0) connections.push_back(std::make_unique<Connection>(fd));
      } else if (!connections[i]->OnReady()) {
        connections.erase(connections.begin() + static_cast<ptrdiff_t>(i));
      }
    }
  }
}
