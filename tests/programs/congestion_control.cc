// TCP_CONGESTION: names, their lengths, and who inherits them.

#include <netinet/tcp.h>

#include "tests/programs/sockets.h"

namespace {

void ShowName(const char* what, int fd, socklen_t room = 64) {
  char name[64] = {};
  socklen_t length = room;
  const int result = getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length);
  printf("%s: %d, %u bytes, '%s'\n", what, result, length, name);
}

void SetName(int fd, const char* name, socklen_t length) {
  Show(name, setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, length));
}

}  // namespace

int main() {
  const int listener = Listener();
  ShowName("by default", listener);
  ShowName("two bytes", listener, 2);
  ShowName("no room", listener, 0);
  SetName(listener, "reno", 4);
  ShowName("set", listener);
  SetName(listener, "reno", 3);
  SetName(listener, "reno", 5);
  SetName(listener, "reno", 0);
  SetName(listener, "no-such-algorithm", 17);
  ShowName("still", listener);
  const Connection connection = Connected(listener);
  ShowName("accepted", connection.server);
  ShowName("client", connection.client);
  SetName(connection.client, "reno", 4);
  ShowName("client", connection.client);
  setuid(65534);
  SetName(connection.client, "reno", 4);
  SetName(connection.client, "none", 4);
  SetName(connection.client, "cubic", 5);
  return 0;
}
