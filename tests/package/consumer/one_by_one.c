#include "one_by_one.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void echo(int client) {
  char buffer[4096];
  ssize_t received;
  while ((received = recv(client, buffer, sizeof buffer, 0)) > 0) {
    ssize_t sent = 0;
    while (sent < received) {
      const ssize_t now = send(client, buffer + sent, (size_t)(received - sent), MSG_NOSIGNAL);
      if (now < 0) return;
      sent += now;
    }
  }
}

void serve_one_by_one(uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0 ||
      listen(listener, SOMAXCONN) != 0) {
    abort();
  }
  for (;;) {
    const int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    echo(client);
    close(client);
  }
}
