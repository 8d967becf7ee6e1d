/* An echo server in plain C that serves one client after another, and forks when a client sends more
 * than 50 bytes at once: it can live on the simulated kernel until then.
 *
 *   forks_later PORT
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(argv[1])),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0 || listen(listener, 128) != 0)
    return 1;
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    char block[4096];
    ssize_t n;
    while ((n = recv(client, block, sizeof block, 0)) > 0) {
      if (n > 50 && fork() == 0) _exit(0);
      send(client, block, (size_t)n, MSG_NOSIGNAL);
    }
    close(client);
  }
}
