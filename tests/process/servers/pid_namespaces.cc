// An echo server that shuts each client away as vsftpd does: pid_namespaces PORT. Two processes for
// each, one made by the other, and both by clone(2) past libc's fork; each is the first of a PID
// namespace of its own if it may make one, so that both have the number 1. The inner one serves;
// the outer one waits for it to go, and ends.

#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "echo_service.h"

namespace {

long CloneApart() {
  const long child = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child >= 0) return child;
  return syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
}

void Serve(int connection) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return;
  const long inner = CloneApart();
  if (inner == 0) {
    close(ends[0]);
    Echo(connection);
    _exit(0);
  }
  close(ends[1]);
  close(connection);
  char none;
  if (inner > 0) read(ends[0], &none, 1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::signal(SIGCHLD, SIG_IGN);
  const int listener = Listen(argv[1]);
  if (listener < 0) return 1;
  while (true) {
    const int connection = AcceptNext(listener);
    if (CloneApart() == 0) {
      close(listener);
      Serve(connection);
      _exit(0);
    }
    close(connection);
  }
}
