// An echo server with a process for each connection: fork_echo PORT. Built statically too.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace {

void Echo(int connection) {
  static char block[64 * 1024];
  ssize_t count;
  while ((count = recv(connection, block, sizeof block, 0)) > 0) {
    for (ssize_t sent = 0; sent < count;) {
      const ssize_t more =
          send(connection, block + sent, static_cast<size_t>(count - sent), MSG_NOSIGNAL);
      if (more < 0) return;
      sent += more;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::signal(SIGCHLD, SIG_IGN);  // nobody waits for them
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 128) != 0) {
    return 1;
  }
  while (true) {
    const int connection = accept(listener, nullptr, nullptr);
    if (connection < 0) {
      usleep(100'000);  // without descriptors it would fail again at once
      continue;
    }
    if (fork() == 0) {
      close(listener);
      Echo(connection);
      _exit(0);
    }
    close(connection);
  }
}
