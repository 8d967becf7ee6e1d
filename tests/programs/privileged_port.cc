// A port below 1024 takes a privilege, and the check for it comes before most others.

#include "tests/programs/sockets.h"

int main() {
  const int bound = TcpSocket();
  Bind(bound, Loopback());
  setuid(65534);
  Show("port 80", Bind(TcpSocket(), Loopback(80)));
  Show("port 1", Bind(TcpSocket(), Loopback(1)));
  Show("port 1023", Bind(TcpSocket(), Loopback(1023)));
  Show("port 80 of ::1", Bind(TcpSocket(AF_INET6), Loopback6(80)));
  Show("port 0", Bind(TcpSocket(), Loopback()));
  Show("of a bound socket", Bind(bound, Loopback(80)));
  sockaddr_in elsewhere = Loopback(80);
  elsewhere.sin_addr.s_addr = htonl(0x08080808);
  Show("of another host", Bind(TcpSocket(), elsewhere));
  return 0;
}
