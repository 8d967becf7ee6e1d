// FIFOs of the file system: a write without a reader is EPIPE and a SIGPIPE, which the program may
// ignore or handle.

#include <signal.h>
#include <sys/uio.h>

#include "tests/programs/files.h"

namespace {

volatile sig_atomic_t signals = 0;

int Writer() {
  const int reader = open("fifo", O_RDONLY | O_NONBLOCK);
  const int writer = open("fifo", O_WRONLY);
  close(reader);
  return writer;
}

}  // namespace

int main() {
  const Folder folder;
  Show("mkfifo", mkfifo("fifo", 0600));
  signal(SIGPIPE, SIG_IGN);
  const int first = Writer();
  Show("write, ignored", write(first, "x", 1));
  Show("again", write(first, "x", 1));
  signal(SIGPIPE, [](int) { signals = signals + 1; });
  Show("write, handled", write(first, "x", 1));
  iovec part = {const_cast<char*>("y"), 1};
  Show("writev, handled", writev(first, &part, 1));
  printf("%d signals\n", static_cast<int>(signals));
  const int reader = open("fifo", O_RDONLY | O_NONBLOCK);
  Show("write with a reader", write(first, "hello", 5));
  char bytes[16];
  Show("read", read(reader, bytes, sizeof bytes));
  Show("read of nothing", read(reader, bytes, sizeof bytes));
  close(first);
  Show("read of the end", read(reader, bytes, sizeof bytes));
  fflush(stdout);
  signal(SIGPIPE, SIG_IGN);
  return 0;
}
