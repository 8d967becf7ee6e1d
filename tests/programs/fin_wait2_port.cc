// A client that closed first keeps its port in FIN-WAIT-2, as long as TCP_LINGER2 says.

#include <netinet/tcp.h>

#include "tests/programs/sockets.h"

int main() {
  const int listener = Listener();
  const int client = TcpSocket();
  Set(client, IPPROTO_TCP, TCP_LINGER2, 1);
  Connect(client, OwnAddress(listener));
  const int server = accept(listener, nullptr, nullptr);
  const sockaddr_in address = OwnAddress(client);
  close(client);

  const int next = TcpSocket();
  Show("bind at once", Bind(next, address));
  int result = -1;
  for (int seconds = 0; seconds < 5 && result != 0; ++seconds) {
    sleep(1);
    result = Bind(next, address);
  }
  Show("bind within 5 s", result);
  Show("the other end sends", send(server, "x", 1, MSG_NOSIGNAL));
  Pause(50);
  Show("and again", send(server, "x", 1, MSG_NOSIGNAL));
  return 0;
}
