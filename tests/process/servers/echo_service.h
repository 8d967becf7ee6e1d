// What the echo servers in C++ share: a listener, and the service of one connection. They are
// somebody else's programs to hupstorm, and use nothing of it.

#ifndef HUPSTORM_TESTS_PROCESS_SERVERS_ECHO_SERVICE_H_
#define HUPSTORM_TESTS_PROCESS_SERVERS_ECHO_SERVICE_H_

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

// Listens on that port of 127.0.0.1; -1 if that cannot be done.
inline int Listen(const char* port) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool listens =
      bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      listen(listener, 128) == 0;
  return listens ? listener : -1;
}

// The next client of a server that closes descriptors as its clients leave.
inline int AcceptNext(int listener) {
  while (true) {
    const int connection = accept(listener, nullptr, nullptr);
    if (connection >= 0) return connection;
    usleep(100'000);  // without descriptors it would fail again at once
  }
}

// Gives back what comes, until the end of input or an error.
inline void Echo(int connection) {
  char block[64 * 1024];
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

#endif  // HUPSTORM_TESTS_PROCESS_SERVERS_ECHO_SERVICE_H_
