// Goes through options of a level, on sockets in three states.

#ifndef HUPSTORM_TESTS_PROGRAMS_OPTIONS_H_
#define HUPSTORM_TESTS_PROGRAMS_OPTIONS_H_

#include <netinet/tcp.h>

#include <initializer_list>

#include "tests/programs/sockets.h"

inline void ShowOption(int fd, int level, int name) {
  unsigned char value[16] = {};
  socklen_t length = sizeof value;
  if (getsockopt(fd, level, name, value, &length) != 0) {
    printf(" %s", strerrorname_np(errno));
    return;
  }
  printf(" [");
  for (socklen_t i = 0; i < length; ++i) printf("%02x", value[i]);
  printf("]");
}

inline void ShowOptionsOf(const char* state, int fd, int level, std::initializer_list<int> names) {
  for (const int name : names) {
    printf("%s %d.%d:", state, level, name);
    ShowOption(fd, level, name);
    for (const int value : {1, 2, 64, 100, 256, 1'000, 40'000, 200'000, 0, -1, -2}) {
      printf(" %d", value);
      if (Set(fd, level, name, value) != 0) {
        printf(" %s", strerrorname_np(errno));
      } else {
        ShowOption(fd, level, name);
      }
    }
    const int two = 2;
    for (const socklen_t length : {0, 1, 3}) {
      printf(" length %u", length);
      if (setsockopt(fd, level, name, &two, length) != 0) {
        printf(" %s", strerrorname_np(errno));
      } else {
        ShowOption(fd, level, name);
      }
    }
    unsigned char part[4] = {0xaa, 0xaa, 0xaa, 0xaa};
    socklen_t length = 1;
    const int got = getsockopt(fd, level, name, part, &length);
    printf(" one byte %d, %02x%02x of %u\n", got, part[0], part[1], length);
  }
}

inline void ShowOptions(int level, std::initializer_list<int> names, int family = AF_INET) {
  ShowOptionsOf("fresh", TcpSocket(family), level, names);
  const int listener = TcpSocket(family);
  if (family == AF_INET) {
    Bind(listener, Loopback());
  } else {
    Bind(listener, Loopback6());
  }
  listen(listener, 5);
  ShowOptionsOf("listener", listener, level, names);
  if (family == AF_INET) ShowOptionsOf("connected", Connected().server, level, names);
}

#endif  // HUPSTORM_TESTS_PROGRAMS_OPTIONS_H_
