// A listener that was shut down listens again, on the same address.

#include "tests/programs/sockets.h"

namespace {

template <typename Address>
void ListensAgain(const char* what, int fd, const Address& address) {
  printf("%s\n", what);
  Show("bind", Bind(fd, address));
  Show("listen", listen(fd, 5));
  const int waiting = TcpSocket(AF_INET6);
  Show("waits to be accepted", Connect(waiting, Loopback6(OwnPort(fd))));
  Show("shutdown for writing", shutdown(fd, SHUT_WR));
  Show("shutdown", shutdown(fd, SHUT_RD));
  Show("shutdown again", shutdown(fd, SHUT_RD));
  Show("accept", accept(fd, nullptr, nullptr));
  Show("listen", listen(fd, 5));
  Show("client on ::1", Connect(TcpSocket(AF_INET6), Loopback6(OwnPort(fd))));
  Show("client on 127.0.0.1", Connect(TcpSocket(), Loopback(OwnPort(fd))));
  const sockaddr nothing = {};
  Show("dissolve", connect(fd, &nothing, sizeof nothing));
  Show("accept", accept(fd, nullptr, nullptr));
  Show("listen", listen(fd, 5));
  Show("client on ::1", Connect(TcpSocket(AF_INET6), Loopback6(OwnPort(fd))));
}

}  // namespace

int main() {
  sockaddr_in6 any6 = Loopback6();
  any6.sin6_addr = in6addr_any;
  sockaddr_in any = Loopback();
  any.sin_addr.s_addr = htonl(INADDR_ANY);
  ListensAgain("[::]", TcpSocket(AF_INET6), any6);
  ListensAgain("[::1]", TcpSocket(AF_INET6), Loopback6());
  ListensAgain("0.0.0.0", TcpSocket(), any);
  ListensAgain("127.0.0.1", TcpSocket(), Loopback());
  return 0;
}
