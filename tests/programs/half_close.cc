// A client that has sent its FIN still gets the answer.

#include "tests/programs/sockets.h"

int main() {
  const Connection connection = Connected();
  Show("request", send(connection.client, "hello", 5, 0));
  Show("shutdown", shutdown(connection.client, SHUT_WR));
  char bytes[16] = "";
  Show("request arrives", recv(connection.server, bytes, sizeof bytes, 0));
  AwaitInput(connection.server);
  Show("end of the request", recv(connection.server, bytes, sizeof bytes, 0));
  Show("answer", send(connection.server, "bye", 3, 0));
  AwaitInput(connection.client);
  Show("answer arrives", recv(connection.client, bytes, sizeof bytes, 0));
  Show("a second request", send(connection.client, "x", 1, MSG_NOSIGNAL));
  close(connection.server);
  AwaitInput(connection.client);
  Show("end of the answer", recv(connection.client, bytes, sizeof bytes, 0));
  return 0;
}
