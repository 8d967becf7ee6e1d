// A thread a client. The one that accepts hands a connection by an atomic to another that starts
// the thread, and both spin, without any call: the one until it has been taken, the other, from the
// first client on, until there is one.

#include <semaphore.h>

#include <atomic>
#include <thread>

#include "race.h"

namespace {

sem_t first;
std::atomic<int> handed_over{-1};

void Serve(int fd) {
  while (EchoOnce(fd, 0)) {
  }
  close(fd);
}

void HandOut() {
  sem_wait(&first);
  while (true) {
    int fd = -1;
    while ((fd = handed_over.load()) < 0) {
    }
    std::thread(Serve, fd).detach();
    handed_over = -1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  sem_init(&first, 0, 0);
  const int listener = Listen(argv[1]);
  std::thread(HandOut).detach();
  while (true) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) {
      usleep(1000);
      continue;
    }
    handed_over = client;
    sem_post(&first);
    while (handed_over.load() >= 0) {
    }
  }
}
