// Two connections never have the same pair of addresses: the second connect finds it taken.

#include "tests/programs/sockets.h"

namespace {

int ReusingSocket() {
  const int fd = TcpSocket();
  Set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  return fd;
}

}  // namespace

int main() {
  const int listener = Listener();
  const sockaddr_in to = OwnAddress(listener);
  const int first = ReusingSocket();
  Connect(first, to);
  const sockaddr_in from = OwnAddress(first);
  const int accepted = accept(listener, nullptr, nullptr);

  const int second = ReusingSocket();
  Show("bind", Bind(second, from));
  Show("connect", Connect(second, to));
  printf("error %d, port %s\n", Get(second, SOL_SOCKET, SO_ERROR),
         OwnPort(second) == ntohs(from.sin_port) ? "kept" : "lost");
  Show("connect again", Connect(second, to));
  const int elsewhere = Listener();
  Show("connect elsewhere", Connect(second, OwnAddress(elsewhere)));

  // The server closed first: the client is still there.
  close(accepted);
  AwaitInput(first);
  const int third = ReusingSocket();
  Show("bind after the other end closed", Bind(third, from));
  Show("connect", Connect(third, to));
  // Once both have closed, only the server's side rests in TIME-WAIT.
  close(first);
  Pause(50);
  Show("connect after both closed", Connect(third, to));
  return 0;
}
