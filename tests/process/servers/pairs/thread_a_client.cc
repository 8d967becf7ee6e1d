// A thread for each client. Bug: the thread of a client that has finished ends, and leaves it open.

#include <system_error>
#include <thread>

#include "echo_loop.h"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const bool bug = HasBug(argc, argv);
  const int listener = Listen(argv[1]);
  if (listener < 0) return 1;
  while (true) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) {
      usleep(1000);
      continue;
    }
    try {
      std::thread([client, bug] {
        Echo(client);
        if (!bug) close(client);
      }).detach();
    } catch (const std::system_error&) {  // no thread is to be had: the client is turned away
      close(client);
    }
  }
}
