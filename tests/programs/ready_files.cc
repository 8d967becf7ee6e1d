// Descriptors of the file system in epoll, poll and select, beside sockets: ready when they are.

#include <sys/epoll.h>
#include <sys/select.h>

#include "tests/programs/files.h"

namespace {

int Add(int epfd, int fd, uint32_t events, int operation = EPOLL_CTL_ADD) {
  epoll_event event = {};
  event.events = events;
  event.data.fd = fd;
  return epoll_ctl(epfd, operation, fd, &event);
}

void Wait(int epfd, int fifo) {
  epoll_event events[4];
  const int count = epoll_wait(epfd, events, 4, 0);
  Show("epoll_wait", count);
  for (int i = 0; i < count; ++i) {
    printf("  %s %#x\n", events[i].data.fd == fifo ? "the FIFO" : "another", events[i].events);
  }
}

}  // namespace

int main() {
  const Folder folder;
  mkfifo("fifo", 0600);
  const int reader = open("fifo", O_RDONLY | O_NONBLOCK);
  const int writer = open("fifo", O_WRONLY | O_NONBLOCK);
  const int file = open("file", O_RDWR | O_CREAT, 0600);
  const UnixPair pair;
  char bytes[16];

  printf("-- level triggered\n");
  const int epfd = epoll_create1(0);
  Show("a file", Add(epfd, file, EPOLLIN));
  Show("a folder", Add(epfd, open(".", O_RDONLY), EPOLLIN));
  Show("what is closed", Add(epfd, 99, EPOLLIN));
  Show("a FIFO", Add(epfd, reader, EPOLLIN));
  Show("twice", Add(epfd, reader, EPOLLIN));
  Show("a socket", Add(epfd, pair[0], EPOLLIN));
  Wait(epfd, reader);
  if (write(writer, "x", 1) != 1) abort();
  Wait(epfd, reader);
  Wait(epfd, reader);
  send(pair[1], "y", 1, 0);
  Wait(epfd, reader);
  Show("read", read(reader, bytes, sizeof bytes));
  Wait(epfd, reader);
  Show("the writer", Add(epfd, writer, EPOLLOUT));
  recv(pair[0], bytes, sizeof bytes, 0);
  Wait(epfd, reader);
  Show("delete", Add(epfd, writer, 0, EPOLL_CTL_DEL));
  Wait(epfd, reader);

  printf("-- edge triggered\n");
  const int edges = epoll_create1(0);
  Show("a FIFO", Add(edges, reader, EPOLLIN | EPOLLET));
  if (write(writer, "x", 1) != 1) abort();
  Wait(edges, reader);
  Wait(edges, reader);
  if (write(writer, "x", 1) != 1) abort();
  Wait(edges, reader);
  Wait(edges, reader);

  printf("-- one epoll in another\n");
  const int outer = epoll_create1(0);
  Show("add", Add(outer, epfd, EPOLLIN));
  Wait(outer, reader);

  printf("-- poll and select\n");
  pollfd fds[3] = {{reader, POLLIN, 0}, {file, POLLIN | POLLOUT, 0}, {pair[0], POLLIN, 0}};
  Show("poll", poll(fds, 3, 0));
  printf("%x %x %x\n", static_cast<unsigned>(fds[0].revents), static_cast<unsigned>(fds[1].revents),
         static_cast<unsigned>(fds[2].revents));
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(reader, &readable);
  FD_SET(pair[0], &readable);
  timeval at_once = {};
  const int highest = reader > pair[0] ? reader : pair[0];
  Show("select", select(highest + 1, &readable, nullptr, nullptr, &at_once));
  printf("%d %d\n", FD_ISSET(reader, &readable), FD_ISSET(pair[0], &readable));

  printf("-- the end\n");
  Show("read", read(reader, bytes, sizeof bytes));
  close(writer);
  Wait(epfd, reader);
  Show("read", read(reader, bytes, sizeof bytes));
  close(reader);
  Wait(epfd, reader);
  const int again = open("fifo", O_RDONLY | O_NONBLOCK);
  printf("the same number: %d\n", again == reader);
  Show("add", Add(epfd, again, EPOLLIN));
  Wait(epfd, again);
  return 0;
}
