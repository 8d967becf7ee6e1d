/* What the servers here have in common: the socket that they listen at. */

#ifndef HUPSTORM_TESTS_INSIDE_PLANTED_LISTENER_H_
#define HUPSTORM_TESTS_INSIDE_PLANTED_LISTENER_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

/* At that port of 127.0.0.1; `flags` go with the socket's type. -1 if it cannot be had. */
static inline int listen_at(const char* port, int flags) {
  int listener = socket(AF_INET, SOCK_STREAM | flags, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(port)),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0) return -1;
  return listen(listener, 128) == 0 ? listener : -1;
}

#endif /* HUPSTORM_TESTS_INSIDE_PLANTED_LISTENER_H_ */
