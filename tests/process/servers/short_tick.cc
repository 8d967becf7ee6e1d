// A correct echo server that asks for clients again and again, each time after it has slept for
// 20 us, beside many threads that sleep. Whoever looks at them all takes longer. Takes the port.

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "echo_service.h"

namespace {

constexpr int kThreads = 64;
constexpr useconds_t kTick = 20;

std::mutex mutex;
std::condition_variable never;

void Sleep() {
  std::unique_lock lock(mutex);
  while (true) never.wait(lock);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int listener = Listen(argv[1]);
  if (listener < 0) return 1;
  fcntl(listener, F_SETFL, O_NONBLOCK);
  for (int i = 0; i < kThreads; ++i) std::thread(Sleep).detach();
  while (true) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) {
      usleep(kTick);
      continue;
    }
    Echo(client);
    close(client);
  }
}
