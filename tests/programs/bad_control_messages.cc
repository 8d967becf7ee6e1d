// Control data that Linux refuses: a descriptor that is not open, lengths that are none, kinds that
// a socket does not know.

#include "tests/programs/files.h"

namespace {

struct Message {
  Message() {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* const first = CMSG_FIRSTHDR(&header);
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(sizeof(int));
    const int closed = -1;
    memcpy(CMSG_DATA(first), &closed, sizeof closed);
  }
  cmsghdr* first() { return CMSG_FIRSTHDR(&header); }

  char byte = 'x';
  iovec part = {&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header = {};
};

void Try(const char* what, int fd, Message& message) {
  Show(what, sendmsg(fd, &message.header, MSG_NOSIGNAL));
}

void TryAll(const char* kind, int fd) {
  printf("-- %s\n", kind);
  Message message;
  Try("a descriptor that is not open", fd, message);
  message.first()->cmsg_len = 1;
  Try("shorter than a header", fd, message);
  message.first()->cmsg_len = sizeof message.control + 1;
  Try("longer than the data", fd, message);
  message.first()->cmsg_len = CMSG_LEN(0);
  Try("no descriptors", fd, message);
  message.first()->cmsg_type = 77;
  Try("an unknown type", fd, message);
  message.first()->cmsg_level = IPPROTO_UDP;
  Try("another level", fd, message);
  message.header.msg_controllen = 4;
  message.first();
  Try("less than a header in all", fd, message);
  message.header.msg_control = nullptr;
  message.header.msg_controllen = 16;
  Try("nowhere", fd, message);
  message.header.msg_controllen = static_cast<size_t>(1) << 40;
  Try("a length beyond an int", fd, message);
  message.header.msg_controllen = 0;
  message.header.msg_iovlen = 1025;
  Try("more parts than can be", fd, message);
}

}  // namespace

int main() {
  TryAll("AF_UNIX", UnixPair()[0]);
  TryAll("TCP", Connected().client);
  return 0;
}
