// Who may bind a port that somebody has: each address beside each, with each pair of options.

#include <initializer_list>

#include "tests/programs/sockets.h"

namespace {

struct Place {
  const char* name;
  int family;
  const char* address;
  bool v6_only;
};

constexpr Place kPlaces[] = {
    {"0.0.0.0", AF_INET, "0.0.0.0", false},
    {"127.0.0.1", AF_INET, "127.0.0.1", false},
    {"127.0.0.2", AF_INET, "127.0.0.2", false},
    {"[::]", AF_INET6, "::", false},
    {"[::] v6 only", AF_INET6, "::", true},
    {"[::1]", AF_INET6, "::1", false},
    {"[::ffff:127.0.0.1]", AF_INET6, "::ffff:127.0.0.1", false},
};

enum Option { kNone, kReuseAddress, kReusePort, kBoth };

int NewSocket(const Place& place, Option option) {
  const int fd = TcpSocket(place.family);
  if (place.v6_only) Set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (option == kReuseAddress || option == kBoth) Set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (option == kReusePort || option == kBoth) Set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  return fd;
}

int BindAt(int fd, const Place& place, uint16_t port) {
  if (place.family == AF_INET) {
    sockaddr_in address = Loopback(port);
    inet_pton(AF_INET, place.address, &address.sin_addr);
    return Bind(fd, address);
  }
  sockaddr_in6 address = Loopback6(port);
  inet_pton(AF_INET6, place.address, &address.sin6_addr);
  return Bind(fd, address);
}

const char* Outcome(int result) { return result == 0 ? "ok" : strerrorname_np(errno); }

// What `second` gets beside `first`, which only binds, or listens too.
void Beside(const Place& first, const Place& second, Option one, Option other, bool listens) {
  const int owner = NewSocket(first, one);
  BindAt(owner, first, 0);
  if (listens) listen(owner, 5);
  const int newcomer = NewSocket(second, other);
  const char* const bound = Outcome(BindAt(newcomer, second, OwnPort(owner)));
  const char* const listening = Outcome(listen(newcomer, 5));
  printf(" %d%d%s %s/%s", one, other, listens ? "L" : "", bound, listening);
  close(newcomer);
  close(owner);
}

// Options that change after the port was bound.
void Afterwards() {
  const int first = NewSocket(kPlaces[1], kReuseAddress);
  BindAt(first, kPlaces[1], 0);
  Set(first, SOL_SOCKET, SO_REUSEADDR, 0);
  const int second = NewSocket(kPlaces[1], kReuseAddress);
  printf("the first has it no more: %s\n", Outcome(BindAt(second, kPlaces[1], OwnPort(first))));
  const int third = NewSocket(kPlaces[1], kNone);
  BindAt(third, kPlaces[1], 0);
  Set(third, SOL_SOCKET, SO_REUSEADDR, 1);
  const int fourth = NewSocket(kPlaces[1], kReuseAddress);
  printf("the first has it since: %s\n", Outcome(BindAt(fourth, kPlaces[1], OwnPort(third))));
}

// The port of a listener that is gone, while one of its connections lives.
void BesideAConnection(Option one, Option other) {
  const int listener = NewSocket(kPlaces[1], one);
  BindAt(listener, kPlaces[1], 0);
  listen(listener, 5);
  const uint16_t port = OwnPort(listener);
  const Connection connection = Connected(listener);
  close(listener);
  for (const Place& place : kPlaces) {
    const int next = NewSocket(place, other);
    const char* const bound = Outcome(BindAt(next, place, port));
    printf("beside a connection %d%d, %s: %s", one, other, place.name, bound);
    printf("/%s\n", Outcome(listen(next, 5)));
    close(next);
  }
  close(connection.client);
  close(connection.server);
}

}  // namespace

int main() {
  for (const Place& first : kPlaces) {
    for (const Place& second : kPlaces) {
      printf("%s beside %s:", second.name, first.name);
      for (const bool listens : {false, true}) {
        Beside(first, second, kNone, kNone, listens);
        Beside(first, second, kReuseAddress, kReuseAddress, listens);
        Beside(first, second, kReuseAddress, kNone, listens);
        Beside(first, second, kReusePort, kReusePort, listens);
        Beside(first, second, kReusePort, kReuseAddress, listens);
        Beside(first, second, kBoth, kReusePort, listens);
      }
      printf("\n");
    }
  }
  Afterwards();
  BesideAConnection(kNone, kNone);
  BesideAConnection(kReuseAddress, kNone);
  BesideAConnection(kReuseAddress, kReuseAddress);
  BesideAConnection(kReusePort, kReusePort);
  return 0;
}
