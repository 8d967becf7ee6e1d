// What the programs of this folder share: sockets on loopback, and a line for each result.

#ifndef HUPSTORM_TESTS_PROGRAMS_SOCKETS_H_
#define HUPSTORM_TESTS_PROGRAMS_SOCKETS_H_

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Prints what a call returned; of a failure its errno, by name.
inline void Show(const char* what, long result) {
  if (result >= 0) {
    printf("%s: %ld\n", what, result);
  } else {
    printf("%s: %s\n", what, strerrorname_np(errno));
  }
}

inline sockaddr_in Loopback(uint16_t port = 0) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline sockaddr_in6 Loopback6(uint16_t port = 0) {
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  return address;
}

template <typename Address>
int Bind(int fd, const Address& address) {
  return bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

template <typename Address>
int Connect(int fd, const Address& address) {
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

inline sockaddr_in OwnAddress(int fd) {
  sockaddr_in address = {};
  socklen_t length = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return address;
}

// Of a socket of either family.
inline uint16_t OwnPort(int fd) { return ntohs(OwnAddress(fd).sin_port); }

inline int TcpSocket(int family = AF_INET) { return socket(family, SOCK_STREAM, 0); }

// On 127.0.0.1, at a port that the kernel chooses.
inline int Listener(int backlog = 5) {
  const int fd = TcpSocket();
  Bind(fd, Loopback());
  listen(fd, backlog);
  return fd;
}

struct Connection {
  int client;
  int server;
};

inline Connection Connected(int listener) {
  const int client = TcpSocket();
  Connect(client, OwnAddress(listener));
  return {client, accept(listener, nullptr, nullptr)};
}

inline Connection Connected() {
  const int listener = Listener();
  const Connection connection = Connected(listener);
  close(listener);
  return connection;
}

inline int Set(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value);
}

// The option's value; -1 with errno if there is none.
inline int Get(int fd, int level, int name) {
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(fd, level, name, &value, &length) == 0 ? value : -1;
}

// Waits until there is something to read.
inline void AwaitInput(int fd) {
  pollfd input = {fd, POLLIN, 0};
  poll(&input, 1, -1);
}

// Time passes.
inline void Pause(int milliseconds) { poll(nullptr, 0, milliseconds); }

#endif  // HUPSTORM_TESTS_PROGRAMS_SOCKETS_H_
