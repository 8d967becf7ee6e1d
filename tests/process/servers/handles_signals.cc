// An echo server with a thread a client that takes EINTR for the end of a connection, and has
// handlers after which calls are not restarted: handles_signals PORT faults, whose handlers are of
// signals that nobody sends (correct, then); or handles_signals PORT alarms.

#include <signal.h>
#include <unistd.h>

#include <string_view>
#include <thread>

#include "echo_service.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  if (std::string_view(argv[2]) == "faults") {
    for (const int signal : {SIGSEGV, SIGBUS}) sigaction(signal, &action, nullptr);
  } else {
    sigaction(SIGALRM, &action, nullptr);
  }
  const int listener = Listen(argv[1]);
  if (listener < 0) return 1;
  while (true) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) continue;
    std::thread([client] {
      Echo(client);
      close(client);
    }).detach();
  }
}
