/* An echo server in plain C with a pool of threads: one thread accepts and polls, and gives clients
 * that have something to read to four workers, who answer and give them back. Correct, or with one
 * of the bugs that follow. It is somebody else's program to hupstorm, and uses nothing of it.
 *
 *   pool_echo PORT [BUG]
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listener.h"

enum bug {
  BUG_NONE,
  BUG_FIN_IGNORED,     /* the end of input is no news: poll tells of it again and again */
  BUG_SHORT_WRITE,     /* what a send does not take is forgotten */
  BUG_SIGPIPE,         /* a send to a client that has reset ends the process */
  BUG_BLOCKING_WORKER, /* a worker waits for a client that does not read */
  BUG_EINTR_KILLS,     /* an interrupted poll ends the process */
  BUG_ACCEPT_ERROR,    /* an error of accept ends the process */
  BUG_ERROR_LEAKS,     /* a reset client's descriptor is forgotten, not closed */
  BUG_LOST_CLIENT,     /* a client that ends while it is full is not given back */
  BUG_SECOND_CLOSE,    /* a client that resets while another is full is closed twice */
  BUG_WRONG_QUEUE,     /* while a full client is being read from, the next one's bytes are its */
};
static const char* const bug_names[] = {
    "none",         "fin-ignored", "short-write", "sigpipe",      "blocking-worker", "eintr-kills",
    "accept-error", "error-leaks", "lost-client", "second-close", "wrong-queue"};
static enum bug bug;

enum { MAX_CLIENTS = 20000, QUEUE = 8 * 1024, WORKERS = 4 };
struct client {
  int fd;
  int ended;   /* it will send no more */
  int is_full; /* it has not taken all at once */
  int is_busy; /* a worker has it */
  short ready;
  size_t begin, end;
  char queue[QUEUE];
};
/* All of it under this lock, but for a client that a worker has. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
static struct client* clients[MAX_CLIENTS];
static int count;
static struct client* jobs[MAX_CLIENTS];
static int first_job, last_job;
static int done[2]; /* a pipe: a worker has given a client back */
static struct client* last_full;

static void drop(struct client* c) {
  close(c->fd);
  if (last_full == c) last_full = NULL;
  c->fd = -1;
  c->begin = c->end = 0;
}

/* False: the client is gone. */
static int flush(struct client* c) {
  while (c->begin < c->end) {
    ssize_t n =
        send(c->fd, c->queue + c->begin, c->end - c->begin, bug == BUG_SIGPIPE ? 0 : MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EAGAIN) {
        if (bug == BUG_BLOCKING_WORKER) {
          struct pollfd writable = {.fd = c->fd, .events = POLLOUT};
          poll(&writable, 1, -1);
          continue;
        }
        c->is_full = 1;
        last_full = c;
        return 1;
      }
      if (errno == EINTR) continue;
      if (bug == BUG_ERROR_LEAKS && errno == ECONNRESET) {
        c->fd = -1;
        return 0;
      }
      drop(c);
      return 0;
    }
    c->begin = bug == BUG_SHORT_WRITE ? c->end : c->begin + (size_t)n;
  }
  c->begin = c->end = 0;
  c->is_full = 0;
  return 1;
}

static void receive(struct client* c) {
  struct client* to = c;
  if (bug == BUG_WRONG_QUEUE && last_full != NULL && last_full != c && !last_full->is_busy &&
      last_full->end < QUEUE / 2 && c->end == 0) {
    to = last_full;
  }
  ssize_t n = recv(c->fd, to->queue + to->end, QUEUE - to->end, 0);
  if (n > 0) {
    to->end += (size_t)n;
    flush(c);
  } else if (n == 0) {
    if (bug == BUG_FIN_IGNORED) return;
    c->ended = 1;
  } else if (errno != EAGAIN && errno != EINTR) {
    if (bug == BUG_ERROR_LEAKS) {
      c->fd = -1;
    } else {
      drop(c);
    }
  }
}

static void serve(struct client* c) {
  if (c->ready & (POLLERR | POLLHUP) && !(c->ready & POLLIN)) {
    if (bug == BUG_SECOND_CLOSE && last_full != NULL && last_full != c) close(c->fd);
    if (bug == BUG_ERROR_LEAKS) {
      c->fd = -1;
    } else {
      drop(c);
    }
    return;
  }
  if (c->ready & POLLIN) receive(c);
  if (c->fd >= 0 && c->ready & POLLOUT) flush(c);
  if (c->fd >= 0 && c->ended && c->begin == c->end) drop(c);
}

static void* work(void* unused) {
  (void)unused;
  for (;;) {
    pthread_mutex_lock(&lock);
    while (first_job == last_job) pthread_cond_wait(&news, &lock);
    struct client* c = jobs[first_job];
    first_job = (first_job + 1) % MAX_CLIENTS;
    pthread_mutex_unlock(&lock);
    serve(c);
    int keeps = bug == BUG_LOST_CLIENT && c->fd >= 0 && c->ended && c->is_full;
    pthread_mutex_lock(&lock);
    c->is_busy = keeps;
    pthread_mutex_unlock(&lock);
    while (write(done[1], "", 1) < 0 && errno == EINTR) {
    }
  }
  return NULL;
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
    return 0;
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  int i = 0;
  while (i < count && (clients[i]->fd >= 0 || clients[i]->is_busy)) ++i;
  if (i == MAX_CLIENTS - 1) {
    close(fd);
    return 1;
  }
  if (i == count) {
    clients[i] = calloc(1, sizeof *clients[i]);
    if (clients[i] == NULL) exit(1);
    ++count;
  }
  clients[i]->fd = fd;
  clients[i]->ended = clients[i]->is_full = 0;
  clients[i]->begin = clients[i]->end = 0;
  return 1;
}

static void on_hup(int number) { (void)number; }

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  if (argc > 2) {
    const int known = sizeof bug_names / sizeof *bug_names;
    int i = 0;
    while (i < known && strcmp(argv[2], bug_names[i]) != 0) ++i;
    if (i == known) return 2;
    bug = (enum bug)i;
  }
  /* Nothing to read again; but poll is interrupted. */
  sigaction(SIGHUP, &(struct sigaction){.sa_handler = on_hup}, NULL);
  int listener = listen_at(argv[1], SOCK_NONBLOCK);
  if (listener < 0) return 1;
  if (pipe(done) != 0) return 1;
  for (int i = 0; i < 2; ++i) fcntl(done[i], F_SETFL, O_NONBLOCK);
  for (int i = 0; i < WORKERS; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, NULL) != 0) return 1;
    pthread_detach(thread);
  }
  static struct pollfd fds[MAX_CLIENTS + 2];
  int accepts = 1;
  for (;;) {
    pthread_mutex_lock(&lock);
    fds[0] = (struct pollfd){.fd = accepts ? listener : -1, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = done[0], .events = POLLIN};
    int watched = count;
    for (int i = 0; i < watched; ++i) {
      struct client* c = clients[i];
      short events = 0;
      if (!c->ended && c->end < QUEUE) events |= POLLIN;
      if (c->begin < c->end) events |= POLLOUT;
      fds[i + 2] = (struct pollfd){.fd = c->is_busy ? -1 : c->fd, .events = events};
    }
    pthread_mutex_unlock(&lock);
    /* Without descriptors it is a moment before it accepts again. */
    if (poll(fds, (nfds_t)watched + 2, accepts ? -1 : 100) < 0) {
      if (bug == BUG_EINTR_KILLS) return 1;
      continue;
    }
    accepts = 1;
    char given_back[64];
    if (fds[1].revents != 0) {
      while (read(done[0], given_back, sizeof given_back) > 0) {
      }
    }
    pthread_mutex_lock(&lock);
    for (int i = 0; i < watched; ++i) {
      struct client* c = clients[i];
      if (fds[i + 2].fd < 0 || fds[i + 2].revents == 0) continue;
      c->ready = fds[i + 2].revents;
      c->is_busy = 1;
      jobs[last_job] = c;
      last_job = (last_job + 1) % MAX_CLIENTS;
      pthread_cond_signal(&news);
    }
    if (fds[0].revents != 0) accepts = greet(listener);
    pthread_mutex_unlock(&lock);
  }
}
