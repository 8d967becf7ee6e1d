// TCP_LINGER2: which times it takes, and that -1 resets the other end at once.

#include <netinet/tcp.h>

#include <initializer_list>

#include "tests/programs/sockets.h"

int main() {
  const int fresh = TcpSocket();
  printf("at first: %d\n", Get(fresh, IPPROTO_TCP, TCP_LINGER2));
  for (const int seconds : {-1234, -1, 0, 1, 60, 120, 121, 1'000'000}) {
    Show("set", Set(fresh, IPPROTO_TCP, TCP_LINGER2, seconds));
    printf("%d is %d\n", seconds, Get(fresh, IPPROTO_TCP, TCP_LINGER2));
  }
  const int listener = Listener();
  Set(listener, IPPROTO_TCP, TCP_LINGER2, 7);
  const Connection connection = Connected(listener);
  printf("accepted: %d\n", Get(connection.server, IPPROTO_TCP, TCP_LINGER2));

  Set(connection.server, IPPROTO_TCP, TCP_LINGER2, -1);
  close(connection.server);
  AwaitInput(connection.client);
  Pause(50);
  pollfd ends = {connection.client, POLLIN | POLLOUT | POLLRDHUP, 0};
  poll(&ends, 1, 0);
  printf("the other end: %#x, error %d\n", ends.revents,
         Get(connection.client, SOL_SOCKET, SO_ERROR));
  return 0;
}
