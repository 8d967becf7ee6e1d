// AF_UNIX sockets with names, in the file system and abstract: bind, listen, connect, accept.

#include <stdio.h>

#include "tests/programs/files.h"

namespace {

int UnixSocket(int type = SOCK_STREAM) { return socket(AF_UNIX, type, 0); }

void ShowOwn(const char* what, int fd) {
  sockaddr_un name = {};
  socklen_t length = sizeof name;
  const int result = getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length);
  ShowName(what, result, name, length);
}

void ShowPeer(const char* what, int fd) {
  sockaddr_un name = {};
  socklen_t length = sizeof name;
  const int result = getpeername(fd, reinterpret_cast<sockaddr*>(&name), &length);
  ShowName(what, result, name, length);
}

int Events(int fd) {
  pollfd entry = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  poll(&entry, 1, 0);
  return entry.revents;
}

void Talk(const char* kind, const char* name, int type) {
  printf("-- %s\n", kind);
  const UnixAddress address(name);
  const int early = UnixSocket(type);
  Show("connect to nobody", Connect(early, address));
  const int listener = UnixSocket(type);
  Show("listen without a name", listen(listener, 1));
  Show("bind", Bind(listener, address));
  Show("bind again", Bind(listener, address));
  Show("bind another", Bind(UnixSocket(type), address));
  Show("connect before listen", Connect(early, address));
  printf("events %x\n", static_cast<unsigned>(Events(listener)));
  Show("listen", listen(listener, 1));
  printf("events %x and %x\n", static_cast<unsigned>(Events(listener)),
         static_cast<unsigned>(Events(early)));
  ShowOwn("listener", listener);
  ShowPeer("listener's peer", listener);
  Show("connect", Connect(early, address));
  Show("connect again", Connect(early, address));
  printf("events %x and %x\n", static_cast<unsigned>(Events(listener)),
         static_cast<unsigned>(Events(early)));
  Show("send before accept", send(early, "hello", 5, 0));
  sockaddr_un peer = {};
  socklen_t length = sizeof peer;
  const int server = accept(listener, reinterpret_cast<sockaddr*>(&peer), &length);
  ShowName("accepted from", server, peer, length);
  ShowOwn("server", server);
  ShowPeer("client's peer", early);
  ShowPeer("server's peer", server);
  char bytes[16] = "";
  length = sizeof peer;
  Show("recvfrom",
       recvfrom(server, bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&peer), &length));
  printf("from %u bytes of name\n", length);
  Show("answer", send(server, "bye", 3, 0));
  length = sizeof peer;
  Show("recvfrom",
       recvfrom(early, bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&peer), &length));
  ShowName("it is from", 0, peer, length);
  Show("listen on a connection", listen(server, 1));
  Show("accept on a connection", accept(server, nullptr, nullptr));

  // A backlog of one holds two.
  int waiting[3];
  for (int& fd : waiting) {
    fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
    Show("connect", Connect(fd, address));
  }
  Show("close the listener", close(listener));
  printf("events of one that waited %x\n", static_cast<unsigned>(Events(waiting[0])));
  Show("its error", Get(waiting[0], SOL_SOCKET, SO_ERROR));
  Show("recv", recv(waiting[0], bytes, sizeof bytes, 0));
  Show("connect to what is closed", Connect(UnixSocket(type), address));
  Show("close the server", close(server));
  ShowPeer("the name outlives it", early);
  printf("events of the client %x\n", static_cast<unsigned>(Events(early)));
  Show("recv", recv(early, bytes, sizeof bytes, 0));
  Show("send", send(early, "x", 1, MSG_NOSIGNAL));
}

void Paths() {
  printf("-- paths\n");
  struct stat status = {};
  Show("the socket is a file", stat("socket", &status));
  printf("mode %o\n", status.st_mode & S_IFMT);
  Show("bind where it is left", Bind(UnixSocket(), UnixAddress("socket")));
  Show("unlink", unlink("socket"));
  const int first = UnixSocket();
  Show("bind", Bind(first, UnixAddress("socket")));
  Show("listen", listen(first, 5));
  Show("rename", rename("socket", "other"));
  Show("connect to the old name", Connect(UnixSocket(), UnixAddress("socket")));
  Show("connect to the new name", Connect(UnixSocket(), UnixAddress("other")));
  Show("connect by another path", Connect(UnixSocket(), UnixAddress("./other")));
  Show("connect by a datagram", Connect(UnixSocket(SOCK_DGRAM), UnixAddress("other")));
  fclose(fopen("file", "w"));
  Show("connect to a file", Connect(UnixSocket(), UnixAddress("file")));
  Show("bind in no folder", Bind(UnixSocket(), UnixAddress("no/socket")));
  Show("connect in no folder", Connect(UnixSocket(), UnixAddress("no/socket")));
  Show("bind below a file", Bind(UnixSocket(), UnixAddress("file/socket")));
}

void Addresses() {
  printf("-- addresses that are none\n");
  UnixAddress address("name");
  const int fd = UnixSocket();
  for (const socklen_t length : {0u, 1u, 2u, 3u, 110u, 111u, 200u}) {
    printf("%u bytes\n", length);
    Show("connect", connect(fd, address.get(), length));
    if (length != 2) Show("bind", bind(UnixSocket(), address.get(), length));
    unlink("n");
    unlink("name");
  }
  address.address.sun_family = AF_INET;
  Show("another family", Bind(fd, address));
  Show("connect to another family", Connect(fd, address));
  const int automatic = UnixSocket();
  address.address.sun_family = AF_UNIX;
  Show("autobind", bind(automatic, address.get(), sizeof(sa_family_t)));
  sockaddr_un name = {};
  socklen_t length = sizeof name;
  getsockname(automatic, reinterpret_cast<sockaddr*>(&name), &length);
  printf("%u bytes, abstract %d\n", length, name.sun_path[0] == '\0');
  const std::string longest(108, 'x');
  UnixAddress full("");
  memcpy(full.address.sun_path, longest.data(), longest.size());
  full.length = sizeof full.address;
  const int named = UnixSocket();
  Show("a path without an end", Bind(named, full));
  length = sizeof name;
  Show("getsockname", getsockname(named, reinterpret_cast<sockaddr*>(&name), &length));
  printf("%u bytes\n", length);
  length = 4;
  Show("cut", getsockname(named, reinterpret_cast<sockaddr*>(&name), &length));
  printf("%u bytes\n", length);
}

void Destinations() {
  printf("-- sendto with an address\n");
  const UnixAddress nobody("nobody");
  const UnixPair pair;
  Show("of a pair", sendto(pair[0], "x", 1, 0, nobody.get(), nobody.length));
  Show("of a stream", sendto(UnixSocket(), "x", 1, 0, nobody.get(), nobody.length));
  Show("without", send(UnixSocket(), "x", 1, 0));
  Show("recv", recv(UnixSocket(), nullptr, 0, 0));
  Show("shutdown", shutdown(UnixSocket(), SHUT_RDWR));
  Show("accept", accept(UnixSocket(), nullptr, nullptr));
  Show("connect of a pair", Connect(pair[0], nobody));
}

}  // namespace

int main() {
  const Folder folder;
  Talk("a path", "socket", SOCK_STREAM);
  Talk("abstract", "@hupstorm-program", SOCK_STREAM);
  Talk("a path, packets", "packets", SOCK_SEQPACKET);
  Paths();
  Addresses();
  Destinations();
  return 0;
}
