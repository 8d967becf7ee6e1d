// A pipe of packets (O_DIRECT): each read gets one, and what it has no room for is lost.

#include "tests/programs/files.h"

namespace {

void Write(int fd, const std::string& bytes) {
  Show("write", write(fd, bytes.data(), bytes.size()));
}

void Read(int fd, size_t size) {
  std::string bytes(size, '\0');
  const ssize_t got = read(fd, bytes.data(), size);
  Show("read", got);
  if (got > 0) printf("  \"%.*s\"\n", static_cast<int>(std::min<ssize_t>(got, 10)), bytes.data());
}

int Unread(int fd) {
  pollfd entry = {fd, POLLIN | POLLOUT, 0};
  poll(&entry, 1, 0);
  return entry.revents;
}

}  // namespace

int main() {
  int ends[2];
  Show("pipe2", pipe2(ends, O_DIRECT | O_NONBLOCK));
  printf("flags: %d\n", (fcntl(ends[1], F_GETFL) & O_DIRECT) != 0);
  Write(ends[1], "one");
  Write(ends[1], "two and more");
  Write(ends[1], "three");
  Read(ends[0], 100);
  Read(ends[0], 3);
  Read(ends[0], 100);
  Read(ends[0], 100);
  Write(ends[1], std::string(10'000, 'x'));
  Read(ends[0], 20'000);
  Read(ends[0], 20'000);
  Read(ends[0], 20'000);
  Read(ends[0], 20'000);
  int count = 0;
  while (write(ends[1], "p", 1) == 1) ++count;
  printf("%d packets fit, %s\n", count, strerrorname_np(errno));
  printf("events %d and %d\n", Unread(ends[0]), Unread(ends[1]));
  Read(ends[0], 1);
  printf("events %d and %d\n", Unread(ends[0]), Unread(ends[1]));
  Show("fcntl of a socket", fcntl(UnixPair()[0], F_SETFL, O_DIRECT));
  int plain[2];
  if (pipe2(plain, O_NONBLOCK) != 0) abort();
  Show("fcntl of a pipe", fcntl(plain[1], F_SETFL, O_DIRECT | O_NONBLOCK));
  Write(plain[1], "one");
  Write(plain[1], "two");
  Read(plain[0], 100);
  Read(plain[0], 100);
  return 0;
}
