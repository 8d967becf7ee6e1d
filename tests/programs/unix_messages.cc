// AF_UNIX sockets that keep the bounds of messages: SOCK_SEQPACKET and SOCK_DGRAM.

#include "tests/programs/files.h"

namespace {

int Events(int fd) {
  pollfd entry = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  poll(&entry, 1, 0);
  return entry.revents;
}

void Receive(int fd, size_t size, int flags = MSG_DONTWAIT) {
  char bytes[64] = "";
  iovec part = {bytes, size};
  msghdr message = {};
  sockaddr_un from = {};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const ssize_t got = recvmsg(fd, &message, flags);
  Show("recvmsg", got);
  if (got < 0) return;
  printf("  \"%.*s\" flags %#x\n", static_cast<int>(size), bytes, message.msg_flags);
  if (message.msg_namelen > 0) ShowName("  from", 0, from, message.msg_namelen);
}

void Pair(const char* kind, int type) {
  printf("-- %s\n", kind);
  const UnixPair pair(type);
  Show("send", send(pair[0], "first", 5, 0));
  Show("send", send(pair[0], "second", 6, 0));
  Show("send", send(pair[0], "", 0, 0));
  Show("send", send(pair[0], "last", 4, 0));
  printf("events %x\n", static_cast<unsigned>(Events(pair[1])));
  Receive(pair[1], 64, MSG_PEEK | MSG_DONTWAIT);
  Receive(pair[1], 3);
  Receive(pair[1], 3, MSG_TRUNC | MSG_DONTWAIT);
  Receive(pair[1], 64);
  Receive(pair[1], 64);
  Receive(pair[1], 64);
  const std::string large(300'000, 'x');
  Show("too large", send(pair[0], large.data(), large.size(), MSG_DONTWAIT));
  Show("MSG_OOB", send(pair[0], "o", 1, MSG_OOB));
  Show("shutdown", shutdown(pair[0], SHUT_WR));
  printf("events %x and %x\n", static_cast<unsigned>(Events(pair[0])),
         static_cast<unsigned>(Events(pair[1])));
  Show("send after shutdown", send(pair[0], "x", 1, MSG_NOSIGNAL));
  Receive(pair[1], 64);
  Show("send the other way", send(pair[1], "back", 4, 0));
  close(pair[1]);
  printf("events %x\n", static_cast<unsigned>(Events(pair[0])));
  Receive(pair[0], 64);
  Receive(pair[0], 64);
  Show("send to what is closed", send(pair[0], "x", 1, MSG_NOSIGNAL));
}

void Named() {
  printf("-- datagrams with names\n");
  const int server = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  const UnixAddress name("server");
  Show("sendto nobody", sendto(server, "x", 1, 0, name.get(), name.length));
  Show("bind", Bind(server, name));
  Show("listen", listen(server, 1));
  Show("accept", accept(server, nullptr, nullptr));
  const int client = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  printf("events %x\n", static_cast<unsigned>(Events(client)));
  Show("send to nobody", send(client, "x", 1, 0));
  Show("sendto", sendto(client, "without a name", 14, 0, name.get(), name.length));
  Receive(server, 64);
  const UnixAddress own("@client");
  Show("bind", Bind(client, own));
  Show("sendto", sendto(client, "with one", 8, 0, name.get(), name.length));
  Receive(server, 64);
  Show("connect", Connect(client, name));
  Show("send", send(client, "connected", 9, 0));
  Receive(server, 64);
  Show("answer", sendto(server, "answer", 6, 0, own.get(), own.length));
  Receive(client, 64);
  const int third = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  Show("sendto one with another peer", sendto(third, "x", 1, 0, own.get(), own.length));
  Show("connect to one with another peer", Connect(third, own));
  int count = 0;
  while (sendto(third, "x", 1, 0, name.get(), name.length) == 1) ++count;
  printf("%d messages fit, %s\n", count, strerrorname_np(errno));
  close(server);
  Show("send to what is closed", send(client, "x", 1, 0));
  Show("and again", send(client, "x", 1, 0));
  const sockaddr nobody = {AF_UNSPEC, {}};
  Show("disconnect", connect(client, &nobody, sizeof nobody));
}

}  // namespace

int main() {
  const Folder folder;
  Pair("SOCK_SEQPACKET", SOCK_SEQPACKET);
  Pair("SOCK_DGRAM", SOCK_DGRAM);
  Named();
  return 0;
}
