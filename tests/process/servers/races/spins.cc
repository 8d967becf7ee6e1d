// A thread a client. The one that accepts hands a connection over by an atomic, and spins until it
// has been taken, without any call: the other has to run meanwhile.

#include <atomic>
#include <thread>

#include "race.h"

namespace {

std::atomic<int> handed_over{-1};

void Serve() {
  const int fd = handed_over.exchange(-1);
  while (EchoOnce(fd, 0)) {
  }
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int listener = Listen(argv[1]);
  while (true) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) {
      usleep(1000);
      continue;
    }
    handed_over = client;
    std::thread(Serve).detach();
    while (handed_over.load() >= 0) {
    }
  }
}
