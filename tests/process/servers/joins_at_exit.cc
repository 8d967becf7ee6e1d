// An echo server whose worker thread sleeps in epoll_wait, and is joined by a handler of exit(3),
// as node's platform does: joins_at_exit PORT [careful|stuck]. It exits with an error when a client
// resets its connection; if it is careful it closes that connection instead. If it is stuck, the
// handler forgets to wake the thread.

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include "echo_service.h"

namespace {

std::string_view manner;
int wake = -1;
std::thread worker;

void Work() {
  const int epoll = epoll_create1(0);
  epoll_event event = {};
  event.events = EPOLLIN;
  epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event);
  while (epoll_wait(epoll, &event, 1, -1) != 1) {
  }
}

void JoinWorker() {
  if (manner != "stuck" && eventfd_write(wake, 1) != 0) std::abort();
  worker.join();
}

// False if the client is gone.
bool Serve(int client) {
  char block[64 * 1024];
  const ssize_t count = recv(client, block, sizeof block, MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return true;
  if (count < 0 && manner != "careful") {
    std::fprintf(stderr, "fatal: recv: %s\n", std::strerror(errno));
    std::exit(1);
  }
  for (ssize_t sent = 0; sent < count;) {
    const ssize_t more =
        send(client, block + sent, static_cast<size_t>(count - sent), MSG_NOSIGNAL);
    if (more < 0) return false;
    sent += more;
  }
  return count > 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  if (argc > 2) manner = argv[2];
  const int listener = Listen(argv[1]);
  if (listener < 0) return 1;
  wake = eventfd(0, EFD_NONBLOCK);
  worker = std::thread(Work);
  std::atexit(JoinWorker);
  std::vector<pollfd> watched = {{.fd = listener, .events = POLLIN, .revents = 0}};
  while (poll(watched.data(), watched.size(), -1) > 0) {
    for (size_t i = watched.size() - 1; i > 0; --i) {
      if (watched[i].revents == 0 || Serve(watched[i].fd)) continue;
      close(watched[i].fd);
      watched.erase(watched.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (watched[0].revents == 0) continue;
    const int client = accept(listener, nullptr, nullptr);
    if (client >= 0) watched.push_back({.fd = client, .events = POLLIN, .revents = 0});
  }
  return 1;
}
