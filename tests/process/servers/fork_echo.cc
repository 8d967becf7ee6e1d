// An echo server with a process for each connection: fork_echo PORT. Built statically too. Bug
// (--bug): it keeps connections open that are its children's.

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "echo_service.h"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::signal(SIGCHLD, SIG_IGN);  // nobody waits for them
  const int listener = Listen(argv[1]);
  if (listener < 0) return 1;
  while (true) {
    const int connection = AcceptNext(listener);
    if (fork() == 0) {
      close(listener);
      Echo(connection);
      _exit(0);
    }
    if (argc == 2) close(connection);
  }
}
