// Options with wrong levels, names, lengths and addresses, and those that take no number.

#include <net/if.h>
#include <netinet/tcp.h>

#include <initializer_list>

#include "tests/programs/sockets.h"

namespace {

void WrongArguments(int fd) {
  int value = 1;
  socklen_t length = sizeof value;
  for (const int level : {int{IPPROTO_UDP}, int{IPPROTO_ICMP}, 99, -1}) {
    Show("get of another level", getsockopt(fd, level, 1, &value, &length));
    Show("without a value", getsockopt(fd, level, 1, nullptr, &length));
    Show("set of another level", setsockopt(fd, level, 1, &value, sizeof value));
    Show("one byte", setsockopt(fd, level, 1, &value, 1));
  }
  for (const int level : {SOL_SOCKET, int{IPPROTO_TCP}, int{IPPROTO_IP}}) {
    Show("get without a length", getsockopt(fd, level, 1, &value, nullptr));
    length = sizeof value;
    Show("get without a value", getsockopt(fd, level, 1, nullptr, &length));
    length = static_cast<socklen_t>(-1);
    Show("get with a negative length", getsockopt(fd, level, 1, &value, &length));
    Show("set without a value", setsockopt(fd, level, 2, nullptr, sizeof value));
    Show("set with a negative length",
         setsockopt(fd, level, 2, &value, static_cast<socklen_t>(-1)));
    Show("an option that is none", setsockopt(fd, level, 1000, &value, sizeof value));
    length = sizeof value;
    Show("an option that is none", getsockopt(fd, level, 1000, &value, &length));
  }
  Show("not a socket", Set(0, SOL_SOCKET, SO_KEEPALIVE, 1));
  Show("not a descriptor", Set(-1, SOL_SOCKET, SO_KEEPALIVE, 1));
}

void Buffers(int fd) {
  for (const int name : {SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE}) {
    const bool sends = name == SO_SNDBUF || name == SO_SNDBUFFORCE;
    for (const int size : {0, 1, 3'000, 100'000}) {
      Show("set", Set(fd, SOL_SOCKET, name, size));
      printf("%d: %d is %d\n", name, size, Get(fd, SOL_SOCKET, sends ? SO_SNDBUF : SO_RCVBUF));
    }
  }
  Show("negative, by force", Set(fd, SOL_SOCKET, SO_SNDBUFFORCE, -1));
  printf("is %d\n", Get(fd, SOL_SOCKET, SO_SNDBUF));
  Show("negative", Set(fd, SOL_SOCKET, SO_SNDBUF, -1));
  printf("is large: %d\n", Get(fd, SOL_SOCKET, SO_SNDBUF) > 100'000);
}

void Devices(int fd) {
  char device[IFNAMSIZ] = {};
  socklen_t length = sizeof device;
  Show("no device", getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, &length));
  printf("%u bytes\n", length);
  Show("lo", setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
  length = sizeof device;
  Show("device", getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, &length));
  printf("%u bytes: %s\n", length, device);
  Show("another", setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "none7", 6));
  Show("none again", setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0));
}

void Segments() {
  const int listener = Listener();
  for (const int size : {87, 88, 32'767, 32'768, -1, 0, 1'000}) {
    Show("segment", Set(listener, IPPROTO_TCP, TCP_MAXSEG, size));
    printf("%d: %d\n", size, Get(listener, IPPROTO_TCP, TCP_MAXSEG));
  }
  const Connection connection = Connected(listener);
  printf("client %d, server %d\n", Get(connection.client, IPPROTO_TCP, TCP_MAXSEG),
         Get(connection.server, IPPROTO_TCP, TCP_MAXSEG));
  Show("once connected", Set(connection.client, IPPROTO_TCP, TCP_MAXSEG, 500));
  printf("client %d\n", Get(connection.client, IPPROTO_TCP, TCP_MAXSEG));
}

void WithoutPrivileges(int fd) {
  setuid(65534);
  Show("priority 6", Set(fd, SOL_SOCKET, SO_PRIORITY, 6));
  Show("priority 7", Set(fd, SOL_SOCKET, SO_PRIORITY, 7));
  Show("mark", Set(fd, SOL_SOCKET, SO_MARK, 1));
  Show("debug", Set(fd, SOL_SOCKET, SO_DEBUG, 1));
  Show("buffer by force", Set(fd, SOL_SOCKET, SO_SNDBUFFORCE, 10'000));
  Show("transparent", Set(fd, IPPROTO_IP, IP_TRANSPARENT, 1));
  Show("prefer busy poll", Set(fd, SOL_SOCKET, SO_PREFER_BUSY_POLL, 1));
}

}  // namespace

int main() {
  const int fd = TcpSocket();
  WrongArguments(fd);
  Buffers(fd);
  Devices(fd);
  Segments();
  Show("module", setsockopt(fd, IPPROTO_TCP, TCP_ULP, "no-such", 7));
  Show("filter", setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &fd, sizeof fd));
  WithoutPrivileges(fd);
  return 0;
}
