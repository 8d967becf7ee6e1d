// splice and tee between pipes, sockets and files.

#include <signal.h>
#include <sys/sendfile.h>

#include "tests/programs/files.h"

namespace {

struct Pipe {
  explicit Pipe(int flags = O_NONBLOCK) {
    if (pipe2(ends, flags) != 0) abort();
  }
  int read_end() const { return ends[0]; }
  int write_end() const { return ends[1]; }
  int ends[2];
};

void Read(int fd, size_t size = 64) {
  char bytes[64] = "";
  const ssize_t got = read(fd, bytes, size);
  Show("read", got);
  if (got > 0) printf("  \"%.*s\"\n", static_cast<int>(got), bytes);
}

ssize_t Splice(int in, int out, size_t size, unsigned flags = 0) {
  return splice(in, nullptr, out, nullptr, size, flags);
}

void Refused() {
  printf("-- refused\n");
  const Pipe pipe;
  const Pipe other;
  const UnixPair pair;
  Show("nothing", Splice(-1, -1, 0));
  Show("flags", Splice(pipe.read_end(), pair[0], 1, 0x100));
  Show("no pipe", Splice(pair[0], pair[1], 1));
  Show("itself", Splice(pipe.read_end(), pipe.write_end(), 1));
  Show("wrong ends", Splice(pipe.write_end(), other.read_end(), 1));
  Show("closed", Splice(pipe.read_end(), -1, 1));
  off64_t offset = 0;
  Show("offset of a pipe", splice(pipe.read_end(), &offset, pair[0], nullptr, 1, 0));
  Show("offset of a socket", splice(pipe.read_end(), nullptr, pair[0], &offset, 1, 0));
  Show("tee to a socket", tee(pipe.read_end(), pair[0], 1, 0));
  Show("tee to itself", tee(pipe.read_end(), pipe.write_end(), 1, 0));
  Show("tee of nothing", tee(pipe.read_end(), other.write_end(), 1, 0));
  Show("empty", Splice(pipe.read_end(), pair[0], 1));
  const Pipe blocking(0);
  Show("SPLICE_F_NONBLOCK", Splice(blocking.read_end(), pair[0], 1, SPLICE_F_NONBLOCK));
  Show("a socket without input", Splice(pair[0], blocking.write_end(), 1, SPLICE_F_NONBLOCK));
}

}  // namespace

int main() {
  const Folder folder;
  signal(SIGPIPE, SIG_IGN);
  Refused();

  printf("-- a proxy\n");
  const Connection left = Connected();
  const Connection right = Connected();
  const Pipe pipe;
  send(left.client, "through the pipe", 16, 0);
  AwaitInput(left.server);
  Show("from the socket", Splice(left.server, pipe.write_end(), 1000, SPLICE_F_MOVE));
  Show("to the socket", Splice(pipe.read_end(), right.server, 1000, SPLICE_F_MORE));
  AwaitInput(right.client);
  Read(right.client);
  shutdown(left.client, SHUT_WR);
  AwaitInput(left.server);
  Show("the end", Splice(left.server, pipe.write_end(), 1000));

  printf("-- between pipes\n");
  const Pipe other;
  if (write(pipe.write_end(), "0123456789", 10) != 10) abort();
  Show("tee", tee(pipe.read_end(), other.write_end(), 4, 0));
  Read(other.read_end());
  Show("splice", Splice(pipe.read_end(), other.write_end(), 6));
  Read(other.read_end());
  Read(pipe.read_end());
  close(pipe.write_end());
  Show("no writer", Splice(pipe.read_end(), other.write_end(), 6));

  printf("-- files\n");
  const int file = open("file", O_RDWR | O_CREAT, 0600);
  if (write(other.write_end(), "into a file", 11) != 11) abort();
  Show("to a file", Splice(other.read_end(), file, 100));
  off64_t offset = 5;
  Show("from a place in it", splice(file, &offset, other.write_end(), nullptr, 4, 0));
  printf("now at %ld\n", static_cast<long>(offset));
  Read(other.read_end());
  Show("from its end", Splice(file, other.write_end(), 100));
  const UnixPair pair;
  off_t start = 0;
  Show("sendfile", sendfile(pair[0], file, &start, 100));
  Read(pair[1]);
  Show("sendfile to a file", sendfile(file, pair[0], nullptr, 10));
  close(other.read_end());
  Show("no reader", Splice(file, other.write_end(), 1, SPLICE_F_NONBLOCK));
  return 0;
}
