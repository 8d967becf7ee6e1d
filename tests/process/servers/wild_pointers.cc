// An echo server with a thread for each client, which does all that it should, and beside that
// makes each call with pointers and lengths that nothing good can come of. Linux answers with an
// error and goes on; so must whatever is between the two: the server ends with status 3 and says
// why if not. Takes the port.

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "echo_service.h"

namespace {

// The compiler is not to see through them.
void* volatile wild_address = reinterpret_cast<void*>(16);
volatile int negative = -1;
volatile int too_many = INT32_MAX;
template <typename T>
T* Wild() {
  return static_cast<T*>(wild_address);
}

#define EXPECT_ERROR(call, expected)                                                        \
  do {                                                                                      \
    errno = 0;                                                                              \
    const long result = (call);                                                             \
    if (result == -1 && errno == (expected)) break;                                         \
    std::fprintf(stderr, "%s is %ld, errno %d, not %s\n", #call, result, errno, #expected); \
    std::_Exit(3);                                                                          \
  } while (false)

#define EXPECT_RESULT(call, expected)                                            \
  do {                                                                           \
    const long result = (call);                                                  \
    if (result == (expected)) break;                                             \
    std::fprintf(stderr, "%s is %ld, errno %d, not %ld\n", #call, result, errno, \
                 static_cast<long>(expected));                                   \
    std::_Exit(3);                                                               \
  } while (false)

void MakeWildCalls(int client, int epoll, int timer) {
  sockaddr_in address = {};
  int value = 0;
  timespec* const no_time = nullptr;
  // Lengths that were never set, as large as they may be and too large.
  socklen_t length = 0x7ffe1234;
  EXPECT_RESULT(getpeername(client, reinterpret_cast<sockaddr*>(&address), &length), 0);
  EXPECT_RESULT(length, static_cast<long>(sizeof address));
  length = 0x7ffe1234;
  EXPECT_RESULT(getsockopt(client, SOL_SOCKET, SO_TYPE, &value, &length), 0);
  EXPECT_RESULT(length, static_cast<long>(sizeof value));
  length = 0xfffffff0;
  EXPECT_ERROR(getsockname(client, reinterpret_cast<sockaddr*>(&address), &length), EINVAL);
  // Addresses that lead nowhere.
  length = sizeof address;
  EXPECT_ERROR(getsockname(client, Wild<sockaddr>(), &length), EFAULT);
  EXPECT_ERROR(getpeername(client, reinterpret_cast<sockaddr*>(&address), Wild<socklen_t>()),
               EFAULT);
  EXPECT_ERROR(getpeername(client, reinterpret_cast<sockaddr*>(&address), nullptr), EFAULT);
  EXPECT_ERROR(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, Wild<int>(), sizeof(int)), EFAULT);
  EXPECT_ERROR(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, Wild<socklen_t>()), EFAULT);
  EXPECT_ERROR(send(client, Wild<char>(), 10, MSG_NOSIGNAL), EFAULT);
  EXPECT_ERROR(write(client, Wild<char>(), 10), EFAULT);
  EXPECT_ERROR(writev(client, Wild<iovec>(), 1), EFAULT);
  iovec part = {Wild<char>(), 10};
  EXPECT_ERROR(writev(client, &part, 1), EFAULT);
  part.iov_base = nullptr;
  EXPECT_ERROR(writev(client, &part, 1), EFAULT);
  EXPECT_ERROR(writev(client, &part, negative), EINVAL);
  EXPECT_ERROR(writev(client, &part, too_many), EINVAL);
  EXPECT_ERROR(sendmsg(client, Wild<msghdr>(), MSG_NOSIGNAL), EFAULT);
  EXPECT_ERROR(recvmsg(client, Wild<msghdr>(), MSG_DONTWAIT), EFAULT);
  EXPECT_ERROR(poll(Wild<pollfd>(), 1, 0), EFAULT);
  EXPECT_ERROR(select(64, Wild<fd_set>(), nullptr, nullptr, nullptr), EFAULT);
  fd_set none;
  FD_ZERO(&none);
  EXPECT_ERROR(select(negative, &none, nullptr, nullptr, nullptr), EINVAL);
  EXPECT_ERROR(epoll_ctl(epoll, EPOLL_CTL_ADD, client, Wild<epoll_event>()), EFAULT);
  EXPECT_ERROR(epoll_ctl(epoll, EPOLL_CTL_ADD, client, nullptr), EFAULT);
  epoll_event watched = {.events = EPOLLOUT, .data = {.fd = client}};
  EXPECT_RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, client, &watched), 0);
  EXPECT_ERROR(epoll_wait(epoll, Wild<epoll_event>(), 1, 0), EFAULT);
  EXPECT_ERROR(epoll_wait(epoll, &watched, negative, 0), EINVAL);
  EXPECT_ERROR(epoll_wait(epoll, &watched, too_many, 0), EINVAL);
  EXPECT_RESULT(epoll_ctl(epoll, EPOLL_CTL_DEL, client, nullptr), 0);
  EXPECT_ERROR(timerfd_settime(timer, 0, Wild<itimerspec>(), nullptr), EFAULT);
  EXPECT_ERROR(timerfd_gettime(timer, Wild<itimerspec>()), EFAULT);
  // What ends with a page behind which there is nothing.
  constexpr size_t kPage = 4096;
  auto* const page = static_cast<char*>(
      mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  munmap(page + kPage, kPage);
  EXPECT_ERROR(send(client, page + kPage - 5, 100, MSG_NOSIGNAL), EFAULT);
  timeval now = {};
  auto* const set = reinterpret_cast<fd_set*>(page + kPage - sizeof(fd_set));
  EXPECT_RESULT(select(too_many, set, nullptr, nullptr, &now), 0);
  munmap(page, kPage);
  EXPECT_ERROR(nanosleep(Wild<timespec>(), nullptr), EFAULT);
  EXPECT_ERROR(nanosleep(no_time, nullptr), EFAULT);
}

// Both ends of a connection on a port that nobody else knows.
void MakeWildCalls() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  EXPECT_RESULT(bind(listener, plain, length), 0);
  EXPECT_RESULT(listen(listener, 1), 0);
  EXPECT_RESULT(getsockname(listener, plain, &length), 0);
  const int there = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_RESULT(connect(there, plain, length), 0);
  const int here = accept(listener, nullptr, nullptr);
  const int epoll = epoll_create1(0);
  const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  MakeWildCalls(here, epoll, timer);
  for (const int fd : {timer, epoll, here, there, listener}) close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int listener = Listen(argv[1]);
  if (listener < 0) return 1;
  MakeWildCalls();
  while (true) {
    sockaddr_in who = {};
    socklen_t length = 0x7ffe1234;  // as left on the stack by "socklen_t length;"
    const int client = accept(listener, reinterpret_cast<sockaddr*>(&who), &length);
    if (client < 0) {
      usleep(10'000);
      continue;
    }
    std::thread([client] {
      Echo(client);
      close(client);
    }).detach();
  }
}
