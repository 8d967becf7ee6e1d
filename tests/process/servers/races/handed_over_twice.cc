// One thread watches the connections, two serve those that have something to say. Bug: a connection
// is watched while it is served, so that it may be handed over once more, and be closed by then.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "race.h"

namespace {

std::mutex mutex;
std::condition_variable news;
std::deque<int> ready;

void Work(int epoll, uint32_t events, bool bug) {
  pthread_setname_np(pthread_self(), "worker");
  while (true) {
    int fd = -1;
    {
      std::unique_lock lock(mutex);
      news.wait(lock, [] { return !ready.empty(); });
      fd = ready.front();
      ready.pop_front();
    }
    if (!EchoOnce(fd, MSG_DONTWAIT)) {
      close(fd);
    } else if (!bug) {
      Watch(epoll, EPOLL_CTL_MOD, fd, events);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const bool bug = HasBug(argc, argv);
  const int listener = Listen(argv[1]);
  const int epoll = epoll_create1(0);
  const uint32_t events = bug ? EPOLLIN : EPOLLIN | EPOLLONESHOT;
  for (int i = 0; i < 2; ++i) std::thread(Work, epoll, events, bug).detach();
  WatchClients(listener, epoll, events, [](int fd) {
    const std::lock_guard lock(mutex);
    ready.push_back(fd);
    news.notify_one();
  });
}
