/* An echo server in plain C, one thread and poll, with a queue of 8 KiB for each client. Correct,
 * or with one of the bugs that follow. It is somebody else's program to hupstorm, and uses nothing
 * of it.
 *
 *   poll_echo PORT [BUG]
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listener.h"

enum {
  BUG_NONE,
  BUG_FIN_IGNORED,   /* the end of input is no news: poll tells of it again and again */
  BUG_SHORT_WRITE,   /* what a send does not take is forgotten */
  BUG_SIGPIPE,       /* a send to a client that has reset ends the process */
  BUG_EAGAIN_CLOSES, /* a full client is taken for a dead one */
  BUG_EINTR_KILLS,   /* an interrupted poll ends the process */
  BUG_ACCEPT_ERROR,  /* an error of accept ends the process */
  BUG_ERROR_LEAKS,   /* a reset client's descriptor is forgotten, not closed */
  BUG_HALF_CLOSE,    /* a client that ends while it is owed something is dropped */
  BUG_ACCEPT_STOPS, /* an error of accept while a client has ended and is owed something: no more */
  BUG_TWO_FULL,     /* a full client that goes takes along what another full one is owed */
};
static const char* const bug_names[] = {
    "none",         "fin-ignored", "short-write", "sigpipe",      "eagain-closes", "eintr-kills",
    "accept-error", "error-leaks", "half-close",  "accept-stops", "two-full"};
static int bug;

enum { MAX_CLIENTS = 20000, QUEUE = 8 * 1024 };
struct client {
  int fd;
  int ended; /* it will send no more */
  size_t begin, end;
  char queue[QUEUE];
};
static struct client* clients[MAX_CLIENTS];
static int count;
static int stopped; /* it accepts no more */

static int is_owed(int i) { return clients[i]->begin < clients[i]->end; }

static void drop(int i) {
  close(clients[i]->fd);
  for (int j = 0; bug == BUG_TWO_FULL && is_owed(i) && j < count; ++j) {
    if (j != i && is_owed(j)) clients[j]->end = clients[j]->begin;
  }
  clients[i]->begin = clients[i]->end = 0;
  clients[i]->fd = -1;
}

/* False: the client is gone. */
static int flush(int i) {
  struct client* c = clients[i];
  while (c->begin < c->end) {
    ssize_t n =
        send(c->fd, c->queue + c->begin, c->end - c->begin, bug == BUG_SIGPIPE ? 0 : MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EAGAIN && bug != BUG_EAGAIN_CLOSES) return 1;
      if (errno == EINTR) continue;
      if (bug == BUG_ERROR_LEAKS && errno == ECONNRESET) {
        clients[i]->fd = -1;
        return 0;
      }
      drop(i);
      return 0;
    }
    if (bug == BUG_SHORT_WRITE) n = (ssize_t)(c->end - c->begin);
    c->begin += (size_t)n;
  }
  c->begin = c->end = 0;
  return 1;
}

static void receive(int i) {
  struct client* c = clients[i];
  ssize_t n = recv(c->fd, c->queue + c->end, QUEUE - c->end, 0);
  if (n > 0) {
    c->end += (size_t)n;
    flush(i);
  } else if (n == 0) {
    if (bug == BUG_FIN_IGNORED) return;
    if (bug == BUG_HALF_CLOSE && is_owed(i)) {
      drop(i);
      return;
    }
    c->ended = 1;
  } else if (errno != EAGAIN && errno != EINTR) {
    if (bug == BUG_ERROR_LEAKS) {
      c->fd = -1;
    } else {
      drop(i);
    }
  }
}

/* False: it is better to wait a moment before the next. */
static int greet(int listener) {
  int fd = accept(listener, NULL, NULL);
  if (fd < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return 1;
    if (bug == BUG_ACCEPT_ERROR) {
      perror("accept");
      exit(1);
    }
    for (int i = 0; bug == BUG_ACCEPT_STOPS && i < count; ++i) {
      if (clients[i]->ended && is_owed(i)) stopped = 1;
    }
    return 0;
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  int i = 0;
  while (i < count && clients[i]->fd >= 0) ++i;
  if (i == MAX_CLIENTS) {
    close(fd);
    return 1;
  }
  if (i == count) {
    clients[i] = calloc(1, sizeof *clients[i]);
    if (clients[i] == NULL) exit(1);
    ++count;
  }
  clients[i]->fd = fd;
  clients[i]->ended = 0;
  return 1;
}

static void on_hup(int number) { (void)number; }

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  if (argc > 2) {
    const int known = sizeof bug_names / sizeof *bug_names;
    while (bug < known && strcmp(argv[2], bug_names[bug]) != 0) ++bug;
    if (bug == known) return 2;
  }
  /* Nothing to read again; but poll is interrupted. */
  sigaction(SIGHUP, &(struct sigaction){.sa_handler = on_hup}, NULL);
  int listener = listen_at(argv[1], SOCK_NONBLOCK);
  if (listener < 0) return 1;
  static struct pollfd fds[MAX_CLIENTS + 1];
  int accepts = 1;
  for (;;) {
    if (stopped) accepts = 0;
    fds[0] = (struct pollfd){.fd = accepts ? listener : -1, .events = POLLIN};
    int watched = count;
    for (int i = 0; i < watched; ++i) {
      struct client* c = clients[i];
      short events = 0;
      if (!c->ended && c->end < QUEUE) events |= POLLIN;
      if (c->begin < c->end) events |= POLLOUT;
      fds[i + 1] = (struct pollfd){.fd = c->fd, .events = events};
    }
    /* Without descriptors it is a moment before it accepts again. */
    if (poll(fds, (nfds_t)watched + 1, accepts || stopped ? -1 : 100) < 0) {
      if (bug == BUG_EINTR_KILLS) return 1;
      continue;
    }
    accepts = 1;
    for (int i = 0; i < watched; ++i) {
      struct client* c = clients[i];
      short ready = fds[i + 1].revents;
      if (c->fd < 0 || ready == 0) continue;
      if (ready & (POLLERR | POLLHUP) && !(ready & POLLIN)) {
        if (bug == BUG_ERROR_LEAKS) {
          c->fd = -1;
        } else {
          drop(i);
        }
        continue;
      }
      if (ready & POLLIN) receive(i);
      if (c->fd >= 0 && ready & POLLOUT) flush(i);
      if (c->fd >= 0 && c->ended && c->begin == c->end) drop(i);
    }
    if (fds[0].revents != 0) accepts = greet(listener);
  }
}
