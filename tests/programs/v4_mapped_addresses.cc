// IPv6 sockets and IPv4 addresses: who may bind and connect where, and what the names are then.

#include <initializer_list>

#include "tests/programs/sockets.h"

namespace {

sockaddr_in6 Address6(const char* text, uint16_t port = 0) {
  sockaddr_in6 address = Loopback6(port);
  inet_pton(AF_INET6, text, &address.sin6_addr);
  return address;
}

template <typename Call>
void ShowName(const char* what, Call call, int fd) {
  sockaddr_storage name = {};
  socklen_t length = sizeof name;
  if (call(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) {
    printf("%s: %s\n", what, strerrorname_np(errno));
    return;
  }
  char text[INET6_ADDRSTRLEN];
  const void* const ip =
      name.ss_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<sockaddr_in6&>(name).sin6_addr)
          : &reinterpret_cast<sockaddr_in&>(name).sin_addr;
  printf("%s: %s, %u bytes\n", what, inet_ntop(name.ss_family, ip, text, sizeof text), length);
}

void ShowNames(int fd) {
  ShowName("  own", getsockname, fd);
  ShowName("  peer", getpeername, fd);
  printf("  v6 only: %d\n", Get(fd, IPPROTO_IPV6, IPV6_V6ONLY));
}

int Bound6(const char* address, bool v6_only = false) {
  const int fd = TcpSocket(AF_INET6);
  if (v6_only) Set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  Show(address, Bind(fd, Address6(address)));
  return fd;
}

void Connects(const char* from, const char* to, uint16_t port, bool v6_only = false) {
  printf("from %s to %s\n", from, to);
  const int fd = Bound6(from, v6_only);
  Show("  connect", Connect(fd, Address6(to, port)));
  ShowNames(fd);
}

void AcceptsOn(const char* address, bool v6_only = false) {
  printf("a listener on %s%s\n", address, v6_only ? ", v6 only" : "");
  const int listener = Bound6(address, v6_only);
  Show("listen", listen(listener, 5));
  const uint16_t port = OwnPort(listener);
  const int v4 = TcpSocket();
  Show("from 127.0.0.1", Connect(v4, Loopback(port)));
  const int v6 = TcpSocket(AF_INET6);
  Show("from ::1", Connect(v6, Loopback6(port)));
  Show("from v6 by IPv4", Connect(TcpSocket(AF_INET6), Address6("::ffff:127.0.0.1", port)));
  pollfd waiting = {listener, POLLIN, 0};
  while (poll(&waiting, 1, 50) > 0) {
    const int accepted = accept(listener, nullptr, nullptr);
    ShowNames(accepted);
    printf("  domain %d\n", Get(accepted, SOL_SOCKET, SO_DOMAIN));
  }
  Show("bind its port on 127.0.0.1", Bind(TcpSocket(), Loopback(port)));
  Show("bind its port on ::1", Bind(TcpSocket(AF_INET6), Loopback6(port)));
  const int only = TcpSocket(AF_INET6);
  Set(only, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  Show("bind its port on ::, v6 only", Bind(only, Address6("::", port)));
}

}  // namespace

int main() {
  const uint16_t v4 = OwnPort(Listener(20));
  const int listener6 = Bound6("::1");
  listen(listener6, 20);
  const uint16_t v6 = OwnPort(listener6);
  for (const char* const from : {"::", "::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0"}) {
    Connects(from, "::ffff:127.0.0.1", v4);
    Connects(from, "::1", v6);
    Connects(from, "::ffff:0.0.0.0", v4);
  }
  Connects("::", "::", v6);
  Connects("::", "::ffff:127.0.0.1", v4, true);
  Connects("::ffff:127.0.0.1", "::1", v6, true);
  for (const char* const address : {"::", "::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0"}) {
    AcceptsOn(address);
  }
  AcceptsOn("::", true);
  int ends[2];
  Show("socketpair", socketpair(AF_INET, 0, 0, ends));
  Show("socketpair of streams", socketpair(AF_INET, SOCK_STREAM, 0, ends));
  Show("v4 connects to ::1", Connect(TcpSocket(), Loopback6(9)));
  Show("v6 connects to a sockaddr_in", Connect(TcpSocket(AF_INET6), Loopback(9)));
  Show("v6 binds a sockaddr_in", Bind(TcpSocket(AF_INET6), Loopback()));
  return 0;
}
