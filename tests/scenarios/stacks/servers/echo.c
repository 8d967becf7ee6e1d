/* An echo server in C. See echo.cc. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 64

static struct {
  int fd;
  size_t used;
  char left[4096];
} clients[MOST];
static size_t count;

/* A wrapper: who calls it is to blame. */
static __attribute__((noinline)) ssize_t send_again(int fd, const void* data, size_t size) {
  ssize_t sent;
  do {
    sent = send(fd, data, size, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

static void end(size_t i) {
  shutdown(clients[i].fd, SHUT_WR); /* @shutdown */
  close(clients[i].fd);             /* @close */
  clients[i] = clients[--count];
}

static void flush(size_t i) {
  while (clients[i].used > 0) {
    const ssize_t sent = send_again(clients[i].fd, clients[i].left, clients[i].used); /* @flush */
    if (sent <= 0) return;
    memmove(clients[i].left, clients[i].left + sent, clients[i].used - (size_t)sent);
    clients[i].used -= (size_t)sent;
  }
}

static void on_readable(size_t i) {
  char buffer[64];
  const ssize_t got = recv(clients[i].fd, buffer, sizeof buffer, 0); /* @recv */
  if (got <= 0) {
    end(i);
    return;
  }
  const ssize_t sent = send_again(clients[i].fd, buffer, 1); /* @first */
  const size_t rest = (size_t)(sent == 1 ? got - 1 : got);
  if (clients[i].used + rest <= sizeof clients[i].left) {
    memcpy(clients[i].left + clients[i].used, buffer + got - rest, rest);
    clients[i].used += rest;
  }
  flush(i);
}

int main(int argc, char** arguments) {
  const int on = 1;
  struct sockaddr_in address;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);           /* @socket */
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); /* @setsockopt */
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)atoi(arguments[argc - 1]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0) abort(); /* @bind */
  if (listen(listener, 64) != 0) abort();                                       /* @listen */
  for (;;) {
    struct pollfd fds[MOST + 1];
    const size_t polled = count;
    size_t i;
    for (i = 0; i < polled; ++i) {
      fds[i].fd = clients[i].fd;
      fds[i].events = POLLIN;
    }
    fds[polled].fd = listener;
    fds[polled].events = POLLIN;
    poll(fds, polled + 1, -1); /* @poll */
    for (i = polled; i-- > 0;) {
      if (fds[i].revents != 0) on_readable(i);
    }
    if (fds[polled].revents != 0 && count < MOST) {
      const int fd = accept(listener, NULL, NULL); /* @accept */
      if (fd < 0) continue;
      clients[count].fd = fd;
      clients[count++].used = 0;
    }
  }
}
