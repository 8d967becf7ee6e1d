// One thread accepts and asks another by a semaphore to serve; that one tells by a second semaphore
// when it has. Bug: it tells so at a client's end alone, and waits for word of the first before it
// closes. No race: both wait in any order of threads.

#include <semaphore.h>

#include <thread>

#include "race.h"

namespace {

sem_t asked;
sem_t served;
sem_t seen;
int fd = -1;

void Work(bool bug) {
  while (true) {
    sem_wait(&asked);
    while (EchoOnce(fd, 0)) {
    }
    if (bug) sem_wait(&seen);
    close(fd);
    sem_post(&served);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  sem_init(&asked, 0, 0);
  sem_init(&served, 0, 0);
  sem_init(&seen, 0, 0);
  const int listener = Listen(argv[1]);
  std::thread(Work, HasBug(argc, argv)).detach();
  while (true) {
    fd = accept(listener, nullptr, nullptr);
    if (fd < 0) continue;
    sem_post(&asked);
    sem_wait(&served);
    sem_post(&seen);
  }
}
