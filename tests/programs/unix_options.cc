// Options of AF_UNIX sockets.

#include "tests/programs/files.h"

namespace {

struct Option {
  const char* name;
  int number;
};

// clang-format off
constexpr Option kOptions[] = {
    {"SO_KEEPALIVE", SO_KEEPALIVE}, {"SO_REUSEADDR", SO_REUSEADDR}, {"SO_REUSEPORT", SO_REUSEPORT},
    {"SO_SNDBUF", SO_SNDBUF}, {"SO_RCVBUF", SO_RCVBUF}, {"SO_TYPE", SO_TYPE}, {"SO_DOMAIN", SO_DOMAIN},
    {"SO_PROTOCOL", SO_PROTOCOL}, {"SO_ACCEPTCONN", SO_ACCEPTCONN}, {"SO_ERROR", SO_ERROR},
    {"SO_PASSCRED", SO_PASSCRED}, {"SO_RCVLOWAT", SO_RCVLOWAT}, {"SO_SNDLOWAT", SO_SNDLOWAT},
    {"SO_OOBINLINE", SO_OOBINLINE}, {"SO_BROADCAST", SO_BROADCAST}, {"SO_DONTROUTE", SO_DONTROUTE},
    {"SO_TIMESTAMP", SO_TIMESTAMP}, {"SO_PRIORITY", SO_PRIORITY}, {"an unknown one", 4711},
};
// clang-format on

void ShowOption(int fd, int number) {
  int value = -1;
  socklen_t length = sizeof value;
  const int result = getsockopt(fd, SOL_SOCKET, number, &value, &length);
  if (result < 0) return Show("  get", result);
  printf("  %d, %u bytes\n", value, length);
}

void ShowPeer(const char* what, int fd) {
  ucred peer = {};
  socklen_t length = sizeof peer;
  Show(what, getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length));
  printf("  %u bytes: %s\n", length,
         peer.pid == getpid() && peer.uid == geteuid() && peer.gid == getegid() ? "itself"
         : peer.pid == 0 && peer.uid == static_cast<uid_t>(-1)                  ? "nobody"
                                                                                : "another");
}

}  // namespace

int main() {
  for (const Option& option : kOptions) {
    const UnixPair pair;
    printf("%s\n", option.name);
    ShowOption(pair[0], option.number);
    Show("  set", Set(pair[0], SOL_SOCKET, option.number, 3));
    ShowOption(pair[0], option.number);
    close(pair[0]);
    close(pair[1]);
  }
  ShowPeer("SO_PEERCRED of a pair", UnixPair()[0]);
  ShowPeer("SO_PEERCRED without a peer", socket(AF_UNIX, SOCK_STREAM, 0));
  ShowPeer("SO_PEERCRED of TCP", Connected().client);
  const timeval half = {0, 500'000};
  const UnixPair pair;
  Show("SO_RCVTIMEO", setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &half, sizeof half));
  char byte;
  Show("recv of nothing", recv(pair[0], &byte, 1, 0));
  const linger lasting = {1, 5};
  Show("SO_LINGER", setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &lasting, sizeof lasting));
  Show("an option of TCP", Set(pair[0], IPPROTO_TCP, 1, 1));
  Show("get one of TCP", Get(pair[0], IPPROTO_TCP, 1));
  for (const int type :
       {int{SOCK_STREAM}, int{SOCK_DGRAM}, int{SOCK_SEQPACKET}, int{SOCK_RAW}, int{SOCK_RDM}, 77}) {
    const int fd = socket(AF_UNIX, type, 0);
    printf("type %d: %s\n", type, fd < 0 ? strerrorname_np(errno) : "a socket");
    if (fd >= 0) Show("SO_TYPE", Get(fd, SOL_SOCKET, SO_TYPE));
  }
  Show("a protocol of another family", socket(AF_UNIX, SOCK_STREAM, 17));
  return 0;
}
