#include "target/reference/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>

#include "target/reference/posix_error.h"

namespace hupstorm {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{1600};

void Enable(int fd, int level, int option, const char* name) {
  const int on = 1;
  Must(setsockopt(fd, level, option, &on, sizeof(on)), name);
}

}  // namespace

Listener::Listener(const std::string& address, uint16_t port)
    : socket_(Must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")),
      port_(port),
      patience_(kFirstPause) {
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &name.sin_addr) != 1) {
    throw std::invalid_argument("not an IPv4 address: " + address);
  }

  // A new server can take the place of an old one whose last connections are in TIME-WAIT.
  Enable(fd(), SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR");
  // Accepted sockets inherit the rest, before the first byte arrives and without a call for each.
  // Urgent bytes keep their place in the stream, and are echoed there.
  Enable(fd(), SOL_SOCKET, SO_OOBINLINE, "SO_OOBINLINE");
  // A client whose host is gone without a word does not stay for ever.
  Enable(fd(), SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE");
  // An answer does not wait until the client has acknowledged the one before.
  Enable(fd(), IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY");

  socklen_t length = sizeof(name);
  auto* generic = reinterpret_cast<sockaddr*>(&name);
  Must(bind(fd(), generic, length), "bind");
  Must(listen(fd(), SOMAXCONN), "listen");
  if (port == 0) {
    Must(getsockname(fd(), generic, &length), "getsockname");
    port_ = ntohs(name.sin_port);
  }
}

UniqueFd Listener::Accept() {
  UniqueFd client(accept4(fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (client) {
    patience_ = kFirstPause;
    return client;
  }
  switch (errno) {
    case EAGAIN:
      ready_ = false;
      break;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      Pause();
      break;
    case EBADF:
    case EFAULT:
    case EINVAL:
    case ENOTSOCK:
      ThrowErrno("accept4");
    default:
      // EINTR, ECONNABORTED, EPERM from a firewall, and the errors of the network that Linux passes
      // on from the new connection (accept(2)): they say nothing about the next one.
      break;
  }
  return UniqueFd();
}

void Listener::Pause() {
  paused_ = true;
  retry_at_ = Clock::now() + patience_;
  patience_ = std::min(patience_ * 2, kLongestPause);
}

int Listener::CountDown() {
  const auto left = std::chrono::ceil<milliseconds>(retry_at_ - Clock::now());
  if (left.count() > 0) return static_cast<int>(left.count());
  paused_ = false;
  return 0;
}

}  // namespace hupstorm
