// Four processes wait for clients at one listener. Bug: the listener blocks, so that a process that
// comes too late for a client sleeps in accept, and does not serve those that it has.

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "echo_loop.h"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const int listener = HasBug(argc, argv) ? Listen(argv[1]) : ListenNonBlocking(argv[1]);
  if (listener < 0) return 1;
  for (int i = 0; i < 4; ++i) {
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      EchoLoop(listener).Run();
    }
  }
  close(listener);
  while (wait(nullptr) >= 0 || errno == EINTR) {
  }
}
