// A loop that looks at the clock, and never sleeps, sees time pass; a timer fires meanwhile.

#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#include "tests/programs/sockets.h"

namespace {

int64_t Now() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

// Whether `look` sees the end of a wait before it has looked too often.
template <typename Look>
void Await(const char* what, Look&& look) {
  constexpr int kMostLooks = 100'000'000;
  int looks = 0;
  while (!look() && ++looks < kMostLooks) continue;
  printf("%s: %s\n", what, looks < kMostLooks ? "time goes by" : "the clock stands still");
}

int Timer(int milliseconds) {
  const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  const itimerspec value = {{0, 0}, {0, milliseconds * 1'000'000}};
  timerfd_settime(fd, 0, &value, nullptr);
  return fd;
}

}  // namespace

int main() {
  const int64_t start = Now();
  Await("clock_gettime", [&] { return Now() - start >= 20'000'000; });
  timeval first = {};
  gettimeofday(&first, nullptr);
  Await("gettimeofday", [&] {
    timeval now = {};
    gettimeofday(&now, nullptr);
    return (now.tv_sec - first.tv_sec) * 1'000'000 + now.tv_usec - first.tv_usec >= 20'000;
  });
  const time_t second = time(nullptr);
  Await("time", [&] { return time(nullptr) > second; });
  pollfd timer = {Timer(20), POLLIN, 0};
  Await("poll", [&] { return poll(&timer, 1, 0) == 1; });
  const int epfd = epoll_create1(0);
  epoll_event event = {};
  event.events = EPOLLIN;
  epoll_ctl(epfd, EPOLL_CTL_ADD, Timer(20), &event);
  Await("epoll_wait", [&] { return epoll_wait(epfd, &event, 1, 0) == 1; });
  const int third = Timer(20);
  Await("select", [&] {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(third, &set);
    timeval at_once = {};
    return select(third + 1, &set, nullptr, nullptr, &at_once) == 1;
  });
  const int fourth = Timer(20);
  uint64_t ticks = 0;
  Await("read", [&] { return read(fourth, &ticks, sizeof ticks) > 0; });
  return 0;
}
