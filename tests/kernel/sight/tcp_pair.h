// A listener on loopback and connections to it, all sockets of the test's own.

#ifndef HUPSTORM_TESTS_KERNEL_SIGHT_TCP_PAIR_H_
#define HUPSTORM_TESTS_KERNEL_SIGHT_TCP_PAIR_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>

#include "base/loopback_address.h"

namespace hupstorm {

inline sockaddr_storage OwnAddress(int fd) {
  sockaddr_storage address = {};
  socklen_t length = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return address;
}

inline uint64_t InodeOf(int fd) {
  struct stat file = {};
  fstat(fd, &file);
  return file.st_ino;
}

// Below the range that Linux chooses from: connections in TIME-WAIT of whatever ran before may have
// all of those.
inline uint16_t NextPort() {
  static int next = getpid() * 89 % 9'000;
  return static_cast<uint16_t>(10'000 + next++ % 9'000);
}

inline void ReuseAddress(int fd) {
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

// Listens on 127.0.0.1, or on [::] for both families.
inline int Listener(int backlog, bool dual_stack = false) {
  const int fd = socket(dual_stack ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ReuseAddress(fd);
  sockaddr_storage address = LoopbackAddress(0);
  socklen_t length = sizeof(sockaddr_in);
  if (dual_stack) {
    auto& ipv6 = reinterpret_cast<sockaddr_in6&>(address);
    ipv6 = {};
    ipv6.sin6_family = AF_INET6;
    length = sizeof ipv6;
    const int off = 0;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  for (int tries = 0; tries < 9'000; ++tries) {
    reinterpret_cast<sockaddr_in&>(address).sin_port = htons(NextPort());  // as in sockaddr_in6
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) continue;
    if (listen(fd, backlog) == 0) return fd;
  }
  ADD_FAILURE() << "no port to listen on";
  return fd;
}

inline int ConnectTo(uint16_t port) {
  const sockaddr_storage server = LoopbackAddress(port);
  for (int tries = 0; tries < 9'000; ++tries) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ReuseAddress(fd);
    const sockaddr_storage own = LoopbackAddress(NextPort());
    if (bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof(sockaddr_in)) == 0 &&
        connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof(sockaddr_in)) == 0) {
      return fd;
    }
    close(fd);
  }
  ADD_FAILURE() << "no client can connect";
  return -1;
}

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_KERNEL_SIGHT_TCP_PAIR_H_
