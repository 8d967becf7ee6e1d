// An echo server on libev: libev_echo PORT. A client that does not read stops its own input.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct Client {
  ev_io io;
  char block[4096];
  size_t begin, end;
  int ended;
};

static ev_io door;
static ev_timer closed_door;

static void Want(struct ev_loop* loop, struct Client* client, int events) {
  if ((client->io.events & (EV_READ | EV_WRITE)) == events) return;
  ev_io_stop(loop, &client->io);
  ev_io_set(&client->io, client->io.fd, events);
  ev_io_start(loop, &client->io);
}

static void Drop(struct ev_loop* loop, struct Client* client) {
  ev_io_stop(loop, &client->io);
  close(client->io.fd);
  free(client);
}

static void OnClient(struct ev_loop* loop, ev_io* io, int events) {
  struct Client* client = (struct Client*)io;
  if (events & EV_ERROR) return Drop(loop, client);  // epoll has no room for it
  if (events & EV_READ) {
    const ssize_t count = recv(io->fd, client->block, sizeof client->block, 0);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return Drop(loop, client);
    if (count == 0) return Drop(loop, client);
    client->begin = 0;
    client->end = count < 0 ? 0 : (size_t)count;
  }
  if (client->end > client->begin) {
    const ssize_t count =
        send(io->fd, client->block + client->begin, client->end - client->begin, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return Drop(loop, client);
    if (count > 0) client->begin += (size_t)count;
  }
  Want(loop, client, client->end > client->begin ? EV_WRITE : EV_READ);
}

static void OnDoor(struct ev_loop* loop, ev_io* io, int events) {
  (void)events;
  const int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
    ev_io_stop(loop, io);
    ev_timer_again(loop, &closed_door);
    return;
  }
  struct Client* client = calloc(1, sizeof *client);
  ev_io_init(&client->io, OnClient, fd, EV_READ);
  ev_io_start(loop, &client->io);
}

static void OpenDoor(struct ev_loop* loop, ev_timer* timer, int events) {
  (void)events;
  ev_timer_stop(loop, timer);
  ev_io_start(loop, &door);
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) || listen(listener, 128)) return 1;
  struct ev_loop* loop = ev_default_loop(0);
  ev_io_init(&door, OnDoor, listener, EV_READ);
  ev_init(&closed_door, OpenDoor);
  closed_door.repeat = 0.1;
  ev_io_start(loop, &door);
  ev_run(loop, 0);
}
