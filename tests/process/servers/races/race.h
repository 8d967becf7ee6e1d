// What the servers of this folder share: small echo servers with threads, for clients that read
// what they are sent. Each has a twin with one race, --bug, which shows in some orders of threads
// only.

#ifndef HUPSTORM_TESTS_PROCESS_SERVERS_RACES_RACE_H_
#define HUPSTORM_TESTS_PROCESS_SERVERS_RACES_RACE_H_

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "../echo_service.h"

inline bool HasBug(int argc, char** argv) {
  return argc == 3 && std::strcmp(argv[2], "--bug") == 0;
}

// False if the connection is to be closed.
inline bool EchoOnce(int fd, int flags) {
  char block[4096];
  const ssize_t count = recv(fd, block, sizeof block, flags);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  return count > 0 && send(fd, block, static_cast<size_t>(count), MSG_NOSIGNAL) == count;
}

inline void Watch(int epoll, int operation, int fd, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(epoll, operation, fd, &event);
}

// Accepts clients, and gives each that has something to say to `hand_over`, as `events` has it.
template <typename HandOver>
[[noreturn]] void WatchClients(int listener, int epoll, uint32_t events, HandOver hand_over) {
  Watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN);
  while (true) {
    epoll_event event = {};
    if (epoll_wait(epoll, &event, 1, -1) != 1) continue;
    if (event.data.fd != listener) {
      hand_over(event.data.fd);
    } else if (const int client = accept(listener, nullptr, nullptr); client >= 0) {
      Watch(epoll, EPOLL_CTL_ADD, client, events);
    }
  }
}

#endif  // HUPSTORM_TESTS_PROCESS_SERVERS_RACES_RACE_H_
