// Addresses that are not the program's: near null, not mapped, read-only, the kernel's.

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include "tests/programs/files.h"

namespace {

void TryAll(const char* kind, void* wild) {
  printf("-- %s\n", kind);
  const auto at = [&]<typename T>(T*) { return static_cast<T*>(wild); };
  const UnixPair pair(SOCK_STREAM | SOCK_NONBLOCK);
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_NONBLOCK) != 0) abort();
  const int epfd = epoll_create1(0);
  epoll_event event = {};
  event.events = EPOLLOUT;
  epoll_ctl(epfd, EPOLL_CTL_ADD, pair[0], &event);
  Show("send", send(pair[0], wild, 10, 0));
  Show("send nothing", send(pair[0], wild, 0, 0));
  Show("recv of nothing", recv(pair[1], wild, 10, 0));
  send(pair[0], "hello", 5, 0);
  Show("recv", recv(pair[1], wild, 10, 0));
  iovec parts[2] = {{wild, 4}, {wild, 4}};
  Show("readv", readv(pair[1], parts, 2));
  Show("readv with wild parts", readv(pair[1], at(parts), 2));
  Show("writev", writev(pair[0], parts, 2));
  msghdr message = {};
  message.msg_iov = at(parts);
  message.msg_iovlen = 1;
  Show("sendmsg", sendmsg(pair[0], &message, 0));
  Show("recvmsg", recvmsg(pair[1], &message, 0));
  Show("sendmsg of a wild header", sendmsg(pair[0], at(&message), 0));
  Show("recvmsg into a wild header", recvmsg(pair[1], at(&message), 0));
  Show("write to a pipe", write(pipe_ends[1], wild, 4));
  if (write(pipe_ends[1], "abcd", 4) != 4) abort();
  Show("read of a pipe", read(pipe_ends[0], wild, 4));
  Show("epoll_wait", epoll_wait(epfd, at(&event), 1, 0));
  Show("epoll_wait for none", epoll_wait(epfd, &event, 0, 0));
  Show("epoll_wait for less", epoll_wait(epfd, &event, -1, 0));
  Show("epoll_ctl", epoll_ctl(epfd, EPOLL_CTL_MOD, pair[0], at(&event)));
  pollfd* const fds = at(static_cast<pollfd*>(nullptr));
  Show("poll", poll(fds, 1, 0));
  Show("poll of none", poll(fds, 0, 0));
  Show("bind", bind(pair[0], at(static_cast<sockaddr*>(nullptr)), 16));
  Show("connect", connect(pair[0], at(static_cast<sockaddr*>(nullptr)), 16));
  int value = 0;
  socklen_t length = sizeof value;
  Show("getsockopt", getsockopt(pair[0], SOL_SOCKET, SO_TYPE, wild, &length));
  Show("getsockopt's length", getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &value, at(&length)));
  Show("setsockopt", setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, wild, 4));
  Show("setsockopt of less", setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, wild, 3));
  length = static_cast<socklen_t>(-1);
  Show("a negative length", getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &value, &length));
  sockaddr_un name = {};
  auto* const address = reinterpret_cast<sockaddr*>(&name);
  Show("getsockname of a negative length", getsockname(pair[0], address, &length));
  length = sizeof name;
  Show("getsockname", getsockname(pair[0], at(address), &length));
  Show("getpeername's length", getpeername(pair[0], address, at(&length)));
  Show("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, at(pipe_ends)));
  Show("pipe", pipe2(at(pipe_ends), 0));
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  Show("timerfd_settime",
       timerfd_settime(timer, 0, at(static_cast<itimerspec*>(nullptr)), nullptr));
  Show("timerfd_gettime", timerfd_gettime(timer, at(static_cast<itimerspec*>(nullptr))));
  Show("nanosleep", nanosleep(at(static_cast<timespec*>(nullptr)), nullptr));
  Show("FIONREAD", ioctl(pair[0], FIONREAD, wild));
  Show("FIONBIO", ioctl(pair[0], FIONBIO, wild));
  const int counter = eventfd(1, EFD_NONBLOCK);
  Show("read of an eventfd", read(counter, wild, 8));
  Show("write to an eventfd", write(counter, wild, 8));
  Show("sendfile", sendfile(pair[0], 0, at(static_cast<off_t*>(nullptr)), 4));
  Show("splice", splice(pipe_ends[0], nullptr, pair[0], at(static_cast<off64_t*>(nullptr)), 4, 0));
  for (const int fd : {pair[0], pair[1], pipe_ends[0], pipe_ends[1], epfd, timer, counter})
    close(fd);
}

}  // namespace

int main() {
  setbuf(stdout, nullptr);
  auto* const pages =
      static_cast<char*>(mmap(nullptr, 2 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  mprotect(pages + 4096, 4096, PROT_READ);
  TryAll("near null", reinterpret_cast<void*>(16));
  TryAll("not mapped", pages + 100);
  TryAll("read-only", pages + 4096 + 100);
  TryAll("the kernel's", reinterpret_cast<void*>(0xffff888000000000));
  TryAll("no address", reinterpret_cast<void*>(0x4141414141414141));
  return 0;
}
