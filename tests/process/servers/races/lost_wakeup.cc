// One thread watches the connections, another serves those that have something to say. Bug: the
// other looks without the mutex whether there are any, and then waits for the news of one, which
// may have come in between.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "race.h"

namespace {

std::mutex mutex;
std::condition_variable news;
std::deque<int> ready;
std::atomic<size_t> count{0};  // of these

int Next(bool bug) {
  if (bug && count == 0) {
    std::unique_lock lock(mutex);
    news.wait(lock);
  }
  std::unique_lock lock(mutex);
  if (bug && ready.empty()) return -1;
  news.wait(lock, [] { return !ready.empty(); });
  const int fd = ready.front();
  ready.pop_front();
  --count;
  return fd;
}

void Work(int epoll, bool bug) {
  while (true) {
    const int fd = Next(bug);
    if (fd < 0) continue;
    if (EchoOnce(fd, MSG_DONTWAIT)) {
      Watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT);
    } else {
      close(fd);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const int listener = Listen(argv[1]);
  const int epoll = epoll_create1(0);
  std::thread(Work, epoll, HasBug(argc, argv)).detach();
  WatchClients(listener, epoll, EPOLLIN | EPOLLONESHOT, [](int fd) {
    const std::lock_guard lock(mutex);
    ready.push_back(fd);
    ++count;
    news.notify_one();
  });
}
