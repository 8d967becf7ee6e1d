/* A server that dies, in the way that its second argument names, when a client sends something and
   another has done so before. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile int* nothing;
static const char* volatile no_text;

static void die(const char* manner) {
  if (strcmp(manner, "null") == 0) *nothing = 1;                /* @null */
  if (strcmp(manner, "abort") == 0) abort();                    /* @abort */
  if (strcmp(manner, "libc") == 0) printf("%s\n", no_text + 1); /* @libc */
  if (strcmp(manner, "exit") == 0) exit(3);                     /* @exit */
  if (strcmp(manner, "_exit") == 0) _exit(3);                   /* @_exit */
}

int main(int argc, char** arguments) {
  const int on = 1;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)atoi(arguments[1]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0) return 1;
  if (listen(listener, 64) != 0) return 1;
  int senders = 0;
  for (;;) {
    char byte;
    const int fd = accept(listener, NULL, NULL);
    if (fd >= 0 && recv(fd, &byte, 1, 0) == 1 && ++senders > 1) die(arguments[argc - 1]);
    close(fd);
  }
}
