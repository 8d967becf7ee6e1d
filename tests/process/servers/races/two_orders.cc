// A thread a client. What was echoed is counted under one mutex, who is there under another. Bug: a
// thread that ends takes them in the other order than one that echoes.

#include <mutex>
#include <thread>

#include "race.h"

namespace {

std::mutex counting;
std::mutex naming;
long echoed = 0;
int clients = 0;

void Serve(int fd, bool bug) {
  while (EchoOnce(fd, 0)) {
    const std::lock_guard count(counting);
    const std::lock_guard name(naming);
    echoed += clients;
  }
  {
    const std::lock_guard first(bug ? naming : counting);
    const std::lock_guard second(bug ? counting : naming);
    echoed -= --clients;
  }
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const bool bug = HasBug(argc, argv);
  const int listener = Listen(argv[1]);
  while (true) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) {
      usleep(1000);
      continue;
    }
    {
      const std::lock_guard lock(naming);
      ++clients;
    }
    std::thread(Serve, client, bug).detach();
  }
}
