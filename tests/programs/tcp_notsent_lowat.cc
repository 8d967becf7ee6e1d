// TCP_NOTSENT_LOWAT: a socket takes no more once so many bytes wait to be sent.

#include <fcntl.h>
#include <netinet/tcp.h>

#include <initializer_list>

#include "tests/programs/sockets.h"

namespace {

constexpr size_t kMuch = 1 << 20;

// Fills the connection until it takes no more; the number of bytes.
size_t Fill(int fd) {
  static char bytes[4096];
  size_t total = 0;
  for (int quiet = 0; quiet < 3; ++quiet) {
    for (ssize_t sent; (sent = send(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0; quiet = 0) {
      total += static_cast<size_t>(sent);
    }
    Pause(20);
  }
  return total;
}

bool IsWritable(int fd) {
  pollfd writable = {fd, POLLOUT, 0};
  return poll(&writable, 1, 0) == 1;
}

}  // namespace

int main() {
  const int fresh = TcpSocket();
  printf("at first: %d\n", Get(fresh, IPPROTO_TCP, TCP_NOTSENT_LOWAT));
  for (const int value : {16384, 1, -1, 0}) {
    Show("set", Set(fresh, IPPROTO_TCP, TCP_NOTSENT_LOWAT, value));
    printf("get: %d\n", Get(fresh, IPPROTO_TCP, TCP_NOTSENT_LOWAT));
  }
  const int listener = Listener();
  Set(listener, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 4096);
  const Connection connection = Connected(listener);
  printf("accepted: %d\n", Get(connection.server, IPPROTO_TCP, TCP_NOTSENT_LOWAT));

  Set(connection.server, SOL_SOCKET, SO_SNDBUF, 4 * kMuch);
  printf("little is taken: %d\n", Fill(connection.server) < kMuch);
  printf("writable: %d\n", IsWritable(connection.server));
  Show("send", send(connection.server, "x", 1, MSG_DONTWAIT));
  Set(connection.server, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0);
  printf("writable without it: %d\n", IsWritable(connection.server));
  printf("much is taken: %d\n", Fill(connection.server) > kMuch);
  return 0;
}
