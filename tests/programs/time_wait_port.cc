// The port of a client in TIME-WAIT: who may bind it, and connect from it to where it was
// connected.

#include <initializer_list>

#include "tests/programs/sockets.h"

int main() {
  const int listener = Listener();
  const sockaddr_in to = OwnAddress(listener);
  for (const int reuse : {0, 1}) {
    const int client = TcpSocket();
    Set(client, SOL_SOCKET, SO_REUSEADDR, reuse);
    Connect(client, to);
    const int server = accept(listener, nullptr, nullptr);
    const sockaddr_in from = OwnAddress(client);
    close(client);
    AwaitInput(server);
    close(server);
    Pause(50);
    const int next = TcpSocket();
    Show("bind without SO_REUSEADDR", Bind(next, from));
    Set(next, SOL_SOCKET, SO_REUSEADDR, 1);
    Show("bind with it", Bind(next, from));
    Show("connect", Connect(next, to));
    const int again = accept(listener, nullptr, nullptr);
    Show("send", send(next, "x", 1, 0));
    char byte;
    Show("recv", recv(again, &byte, 1, 0));
  }
  // A server that closed first leaves the listener's port in TIME-WAIT.
  const Connection connection = Connected(listener);
  close(connection.server);
  AwaitInput(connection.client);
  close(connection.client);
  close(listener);
  Pause(50);
  const int next = TcpSocket();
  Show("listener's port without SO_REUSEADDR", Bind(next, to));
  Set(next, SOL_SOCKET, SO_REUSEADDR, 1);
  Show("with it on one side only", Bind(next, to));
  return 0;
}
