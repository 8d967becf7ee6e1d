// When all ports of a range are taken: bind finds none in use again, connect may share.

#include "tests/programs/sockets.h"

namespace {

constexpr int kLocalPortRange = 51;  // IP_LOCAL_PORT_RANGE
constexpr int kFirst = 45'000;

// A socket with ports from kFirst up to take. Of an odd number Linux leaves one out.
int SocketWithPorts(int count) {
  const int fd = TcpSocket();
  const int last = kFirst + count - 1;
  Show("range", Set(fd, IPPROTO_IP, kLocalPortRange, last << 16 | kFirst));
  return fd;
}

}  // namespace

int main() {
  int fds[5];
  for (int& fd : fds) {
    fd = SocketWithPorts(4);
    Show("bind", Bind(fd, Loopback()));
  }
  Show("listen", listen(SocketWithPorts(4), 5));
  sockaddr_in other = Loopback();
  other.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  const int neighbour = SocketWithPorts(4);
  Show("another address", Bind(neighbour, other));
  const int listener = Listener(9);
  Show("connect", Connect(SocketWithPorts(4), OwnAddress(listener)));

  for (const int fd : fds) close(fd);
  for (int i = 0; i < 3; ++i) {
    fds[i] = SocketWithPorts(3);
    Show("bind to one of three", Bind(fds[i], Loopback()));
  }
  for (int i = 0; i < 3; ++i) close(fds[i]);
  close(neighbour);
  for (int i = 0; i < 5; ++i) Show("connect", Connect(SocketWithPorts(2), OwnAddress(listener)));
  const int elsewhere = Listener(9);
  Show("connect elsewhere", Connect(SocketWithPorts(2), OwnAddress(elsewhere)));
  Show("range the wrong way round", Set(TcpSocket(), IPPROTO_IP, kLocalPortRange, 1 << 16 | 2));
  return 0;
}
