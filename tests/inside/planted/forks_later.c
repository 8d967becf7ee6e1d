/* An echo server in plain C that serves one client after another, and forks when a client sends
 * more than 50 bytes at once: it can live on the simulated kernel until then.
 *
 *   forks_later PORT
 */

#include <sys/socket.h>
#include <unistd.h>

#include "listener.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  int listener = listen_at(argv[1], 0);
  if (listener < 0) return 1;
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
