// What is asked of files, asked of sockets, pipes and the like: each answers as on Linux.

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <termios.h>

#include "tests/programs/files.h"

namespace {

void ShowError(const char* what, int error) {
  printf("%s: %s\n", what, error == 0 ? "0" : strerrorname_np(error));
}

void ShowKind(int fd) {
  char path[40];
  char target[64] = "";
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  const ssize_t got = readlink(path, target, sizeof target - 1);
  const char* const number = strchr(target, '[');
  printf("readlink: %.*s\n", static_cast<int>(number == nullptr ? got : number - target), target);
  struct stat status = {};
  Show("fstat", fstat(fd, &status));
  printf("mode %o, %ld bytes\n", status.st_mode, static_cast<long>(status.st_size));
  struct stat same = {};
  Show("fstatat", fstatat(fd, "", &same, AT_EMPTY_PATH));
  struct statx more = {};
  Show("statx", statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &more));
  printf("the same inode: %d %d\n", status.st_ino == same.st_ino, status.st_ino == more.stx_ino);
}

void AskAll(const char* kind, int fd, int other) {
  printf("-- %s\n", kind);
  ShowKind(fd);
  struct statfs system = {};
  Show("fstatfs", fstatfs(fd, &system));
  printf("type %lx\n", static_cast<long>(system.f_type));
  struct statvfs view = {};
  Show("fstatvfs", fstatvfs(fd, &view));
  Show("fsync", fsync(fd));
  Show("fdatasync", fdatasync(fd));
  Show("syncfs", syncfs(fd));
  Show("flock", flock(fd, LOCK_SH | LOCK_NB));
  Show("fchdir", fchdir(fd));
  Show("ftruncate", ftruncate(fd, 0));
  Show("lseek", lseek(fd, 0, SEEK_CUR));
  Show("fallocate", fallocate(fd, 0, 0, 10));
  ShowError("posix_fallocate", posix_fallocate(fd, 0, 10));
  ShowError("posix_fadvise", posix_fadvise(fd, 0, 0, 0));
  Show("readahead", readahead(fd, 0, 10));
  Show("isatty", isatty(fd) == 1 ? 1 : -1);
  termios settings;
  Show("tcgetattr", tcgetattr(fd, &settings));
  char bytes[8] = "abc";
  iovec part = {bytes, 3};
  Show("pread", pread(fd, bytes, 3, 0));
  Show("pwrite", pwrite(fd, bytes, 3, 0));
  Show("preadv", preadv(fd, &part, 1, 0));
  Show("pwritev", pwritev(fd, &part, 1, 0));
  Show("preadv2", preadv2(fd, &part, 1, 0, 0));
  Show("pwritev2", pwritev2(fd, &part, 1, 0, 0));
  Show("preadv2 here, of nothing", preadv2(fd, &part, 1, -1, RWF_NOWAIT));
  Show("openat", openat(fd, "x", O_RDONLY));
  Show("copy_file_range", copy_file_range(fd, nullptr, other, nullptr, 10, 0));
}

}  // namespace

int main() {
  const UnixPair pair;
  int ends[2];
  if (pipe(ends) != 0) abort();
  AskAll("AF_UNIX", pair[0], pair[1]);
  AskAll("TCP", Connected().client, pair[1]);
  AskAll("a pipe to read", ends[0], ends[1]);
  AskAll("eventfd", eventfd(0, EFD_NONBLOCK), ends[1]);
  AskAll("timerfd", timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), ends[1]);
  AskAll("epoll", epoll_create1(0), ends[1]);
  AskAll("closed", 300, ends[1]);

  printf("-- two of a kind\n");
  struct stat first = {};
  struct stat second = {};
  fstat(pair[0], &first);
  fstat(pair[1], &second);
  printf("sockets share an inode: %d\n", first.st_ino == second.st_ino);
  fstat(ends[0], &first);
  fstat(ends[1], &second);
  printf("ends of a pipe share an inode: %d\n", first.st_ino == second.st_ino);

  printf("-- streams\n");
  char bytes[64] = "";
  iovec part = {bytes, 3};
  Show("dprintf", dprintf(pair[0], "%s", "abcdef"));
  Show("preadv2 here", preadv2(pair[1], &part, 1, -1, RWF_NOWAIT));
  Show("pwritev2 here", pwritev2(pair[0], &part, 1, -1, 0));
  Show("sendmmsg by number", syscall(SYS_sendmmsg, pair[0], nullptr, 0, 0));
  Show("write by number", syscall(SYS_write, pair[0], "xyz", 3));
  FILE* const out = fdopen(pair[0], "w");
  printf("fileno %d\n", fileno(out) == pair[0]);
  Show("fprintf", fprintf(out, "number %d\n", 17));
  Show("fflush", fflush(out));
  FILE* const in = fdopen(pair[1], "r");
  if (fgets(bytes, sizeof bytes, in) != nullptr) printf("fgets: %s", bytes);
  Show("fclose", fclose(out));
  printf("the end: %d\n", fgets(bytes, sizeof bytes, in) == nullptr && feof(in) != 0);
  Show("fclose", fclose(in));
  Show("it is closed", fcntl(pair[1], F_GETFD));
  printf("of what is closed: %d\n", fdopen(300, "r") == nullptr);
  Show("dprintf of what is closed", dprintf(300, "x"));
  return 0;
}
