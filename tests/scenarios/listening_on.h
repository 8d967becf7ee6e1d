// A listener for small servers in tests.

#ifndef HUPSTORM_TESTS_SCENARIOS_LISTENING_ON_H_
#define HUPSTORM_TESTS_SCENARIOS_LISTENING_ON_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

namespace hupstorm {

// A blocking one on 127.0.0.1.
inline int ListeningOn(uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  listen(listener, 100);
  return listener;
}

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_SCENARIOS_LISTENING_ON_H_
