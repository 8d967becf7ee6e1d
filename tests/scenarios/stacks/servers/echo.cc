// An echo server in which each call is made in another way. "@name" marks the line that is to be
// found for a call. STACKS_SERVE is the name of the function that serves.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace {

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    ::close(fd_);  // @close
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

  // A wrapper: who calls it is to blame.
  ssize_t Send(const char* data, size_t size) const {
    const ssize_t sent = ::send(fd_, data, size, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
      throw std::system_error(errno, std::generic_category(), "send");
    }
    return sent;
  }

 private:
  const int fd_;
};

class Connection {
 public:
  explicit Connection(int fd) : socket_(fd) {}
  int fd() const { return socket_.fd(); }
  bool ended() const { return ended_; }

  void OnReadable() {
    char buffer[64];
    const ssize_t got = ::recv(fd(), buffer, sizeof buffer, 0);  // @recv
    if (got <= 0) {
      End(got < 0);
      return;
    }
    const ssize_t sent = socket_.Send(buffer, 1);  // @first
    left_.append(buffer + std::max<ssize_t>(sent, 0), buffer + got);
    if (left_.size() % 2 == 1) {
      socket_.Send("", 0);  // @second
      return;               // the end sends what is left
    }
    Flush();
  }

 private:
  // No wrapper: what it sends is its own, whoever calls it.
  bool Flush() {
    while (!left_.empty()) {
      const ssize_t sent = ::send(fd(), left_.data(), left_.size(), MSG_NOSIGNAL);  // @flush
      if (sent <= 0) return false;
      left_.erase(0, static_cast<size_t>(sent));
    }
    return true;
  }

  void End(bool failed) {
    Flush();
    if (failed) ::shutdown(fd(), SHUT_RDWR);
    ::shutdown(fd(), SHUT_WR);  // @shutdown
    ended_ = true;
  }

  Socket socket_;
  std::string left_;
  bool ended_ = false;
};

int Listen(uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);  // @socket
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // @setsockopt
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||  // @bind
      ::listen(listener, 64) != 0) {                                                   // @listen
    std::abort();
  }
  return listener;
}

void Serve(uint16_t port) {
  const Socket listener(Listen(port));
  std::vector<std::unique_ptr<Connection>> connections;
  while (true) {
    std::vector<pollfd> fds = {{.fd = listener.fd(), .events = POLLIN, .revents = 0}};
    for (const auto& connection : connections) {
      fds.push_back({.fd = connection->fd(), .events = POLLIN, .revents = 0});
    }
    ::poll(fds.data(), fds.size(), -1);  // @poll
    std::for_each(fds.begin(), fds.end(), [&](const pollfd& ready) {
      if (ready.revents == 0) return;
      if (ready.fd == listener.fd()) {
        const int fd = ::accept(listener.fd(), nullptr, nullptr);  // @accept
        if (fd >= 0) connections.push_back(std::make_unique<Connection>(fd));
        return;
      }
      for (const auto& connection : connections) {
        if (connection->fd() == ready.fd) connection->OnReadable();
      }
    });
    std::erase_if(connections, [](const auto& connection) { return connection->ended(); });
  }
}

}  // namespace

void STACKS_SERVE(uint16_t port) { Serve(port); }

#ifdef STACKS_MAIN
int main(int, char** arguments) { STACKS_SERVE(static_cast<uint16_t>(std::atoi(arguments[1]))); }
#endif
