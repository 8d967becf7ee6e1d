// The program lowers RLIMIT_NOFILE: for what it opens, and for how much a poll may ask about.

#include <sys/eventfd.h>
#include <sys/resource.h>

#include <vector>

#include "tests/programs/files.h"

namespace {

void Poll(int count) {
  std::vector<pollfd> fds(static_cast<size_t>(count), pollfd{-1, 0, 0});
  printf("%d entries: ", count);
  Show("poll", poll(fds.data(), fds.size(), 0));
}

void ShowLimit() {
  rlimit limit = {};
  Show("getrlimit", getrlimit(RLIMIT_NOFILE, &limit));
  printf("%lu of %lu, %d, %ld\n", limit.rlim_cur, limit.rlim_max, getdtablesize(),
         sysconf(_SC_OPEN_MAX));
}

}  // namespace

int main() {
  rlimit limit = {65, 64};
  Show("a soft limit above the hard one", setrlimit(RLIMIT_NOFILE, &limit));
  limit = {64, 64};
  Show("setrlimit", setrlimit(RLIMIT_NOFILE, &limit));
  ShowLimit();
  Poll(64);
  Poll(65);
  rlimit former = {};
  limit = {20, 64};
  Show("prlimit", prlimit(0, RLIMIT_NOFILE, &limit, &former));
  printf("it was %lu\n", former.rlim_cur);
  const int first = eventfd(0, 0);
  int opened = 0;
  while (opened < 100 && eventfd(0, 0) >= 0) ++opened;
  printf("%s, %s\n", opened < 21 ? "refused in time" : "more than the limit",
         strerrorname_np(errno));
  Show("socket", TcpSocket());
  Show("dup", dup(first));
  Show("fcntl(F_DUPFD) beyond it", fcntl(first, F_DUPFD, 400));
  limit = {64, 64};
  Show("raised again", setrlimit(RLIMIT_NOFILE, &limit));
  printf("eventfd: %s\n", eventfd(0, 0) >= 0 ? "there is room" : strerrorname_np(errno));
  return 0;
}
