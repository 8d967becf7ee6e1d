// What libc asks of files, on descriptors of any kind: fstat, flock, fsync and the like. What Linux
// answers for a socket, a pipe or an eventfd depends on its kind alone, so that a simulated one is
// answered for by a real one of its kind (Syscalls::OpenStandIn). See libc_shim.h.

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/timespec.h"
#include "kernel/libc_shim.h"

using hupstorm::HarnessScope;
using hupstorm::in_force;
using hupstorm::Syscalls;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

namespace {

// Makes ask(fd) on the descriptor itself if Linux has it, on one of its kind if not, and lets
// `mend` put right what is known better here. Linux says EBADF of what is open nowhere.
template <typename Ask, typename Mend>
auto AskOf(const char* name, int fd, Ask&& ask, Mend&& mend) -> decltype(ask(fd)) {
  if (!IsServersCall()) return ask(fd);
  HarnessScope harness;
  if (!in_force.syscalls->Simulates(fd)) return ask(fd);
  const int former_errno = errno;
  const Syscalls::StandIn stand_in = in_force.syscalls->OpenStandIn(fd);
  if (stand_in.fd == Syscalls::StandIn::kNone) RefuseByName(name, fd);
  errno = former_errno;
  const auto result = ask(stand_in.fd);
  const int error = errno;
  mend(stand_in, result);
  if (stand_in.fd >= 0) syscall(SYS_close, stand_in.fd);
  errno = error;
  return result;
}

template <typename Ask>
auto AskOf(const char* name, int fd, Ask&& ask) -> decltype(ask(fd)) {
  return AskOf(name, fd, ask, [](const Syscalls::StandIn&, const auto&) {});
}

// A system call whose first argument is the descriptor.
template <typename Result = int, typename... Arguments>
Result AskByNumber(const char* name, long number, int fd, Arguments... arguments) {
  return AskOf(name, fd,
               [&](int real) { return static_cast<Result>(syscall(number, real, arguments...)); });
}

// libc's own function of a name that this file takes.
template <typename Function>
Function* Next(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

template <typename Status>
void MendStatus(const Syscalls::StandIn& stand_in, int result, Status* status) {
  if (result != 0 || stand_in.inode == 0) return;
  status->st_ino = stand_in.inode;
  status->st_atim = status->st_mtim = status->st_ctim = hupstorm::Timespec(stand_in.now_ns);
}

bool IsEmpty(const char* path) { return path != nullptr && path[0] == '\0'; }

// The descriptor that a path of /proc or /dev/fd names; -1 for any other path.
int DescriptorOf(const char* path) {
  char own[40];
  std::snprintf(own, sizeof own, "/proc/%d/fd/", getpid());
  for (const char* const prefix :
       {"/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/", static_cast<const char*>(own)}) {
    const size_t length = strlen(prefix);
    if (strncmp(path, prefix, length) != 0) continue;
    char* end = nullptr;
    const long number = strtol(path + length, &end, 10);
    return end != path + length && *end == '\0' && number <= 1 << 30 ? static_cast<int>(number)
                                                                     : -1;
  }
  return -1;
}

// "socket:[12345]" of the stand-in, with the number of the one that it stands for.
ssize_t ReadLinkOf(const Syscalls::StandIn& stand_in, char* text, size_t size) {
  char path[40];
  char target[80] = "";
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", stand_in.fd);
  const long got = syscall(SYS_readlink, path, target, sizeof target - 1);
  if (got < 0) return got;
  std::string_view name(target, static_cast<size_t>(got));
  if (stand_in.inode != 0 && name.ends_with(']')) {
    name = name.substr(0, name.find('[') + 1);
    std::snprintf(target + name.size(), sizeof target - name.size(), "%llu]",
                  static_cast<unsigned long long>(stand_in.inode));
    name = target;
  }
  const size_t count = std::min(size, name.size());
  memcpy(text, name.data(), count);
  return static_cast<ssize_t>(count);
}

// A transfer at the place where a stream is: RWF_NOWAIT makes it one that does not sleep.
template <typename Transfer>
ssize_t TransferAtPlace(int fd, short events, int flags, Transfer&& transfer) {
  constexpr int kKnown = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND;
  if ((flags & ~kKnown) != 0) {
    errno = EOPNOTSUPP;
    return -1;
  }
  struct stat64 status = {};
  const bool may_sleep = fstat64(fd, &status) == 0 &&
                         (S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode)) &&
                         (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
  pollfd ready = {.fd = fd, .events = events, .revents = 0};
  if ((flags & RWF_NOWAIT) != 0 && may_sleep && poll(&ready, 1, 0) == 0) {
    errno = EAGAIN;
    return -1;
  }
  return transfer();
}

bool IsSimulated(int fd) {
  if (!IsServersCall()) return false;
  HarnessScope harness;
  return in_force.syscalls->Simulates(fd);
}

}  // namespace

extern "C" {

// ---- What it is.

int fstat64(int fd, struct stat64* status) noexcept {
  return AskOf(
      "fstat", fd, [&](int real) { return static_cast<int>(syscall(SYS_fstat, real, status)); },
      [&](const Syscalls::StandIn& stand_in, int result) { MendStatus(stand_in, result, status); });
}
int fstat(int fd, struct stat* status) noexcept {
  return fstat64(fd, reinterpret_cast<struct stat64*>(status));
}

int fstatat64(int fd, const char* path, struct stat64* status, int flags) noexcept {
  const auto ask = [&](int real) {
    return static_cast<int>(syscall(SYS_newfstatat, real, path, status, flags));
  };
  if (fd == AT_FDCWD) return ask(fd);
  const bool itself = IsEmpty(path) && (flags & AT_EMPTY_PATH) != 0;
  return AskOf("fstatat", fd, ask, [&](const Syscalls::StandIn& stand_in, int result) {
    if (itself) MendStatus(stand_in, result, status);
  });
}
int fstatat(int fd, const char* path, struct stat* status, int flags) noexcept {
  return fstatat64(fd, path, reinterpret_cast<struct stat64*>(status), flags);
}

int statx(int fd, const char* path, int flags, unsigned mask, struct statx* status) noexcept {
  const auto ask = [&](int real) {
    return static_cast<int>(syscall(SYS_statx, real, path, flags, mask, status));
  };
  if (fd == AT_FDCWD) return ask(fd);
  return AskOf("statx", fd, ask, [&](const Syscalls::StandIn& stand_in, int result) {
    if (result != 0 || stand_in.inode == 0 || !IsEmpty(path)) return;
    status->stx_ino = stand_in.inode;
    const timespec now = hupstorm::Timespec(stand_in.now_ns);
    for (auto* const time : {&status->stx_atime, &status->stx_mtime, &status->stx_ctime}) {
      time->tv_sec = now.tv_sec;
      time->tv_nsec = static_cast<uint32_t>(now.tv_nsec);
    }
  });
}

int openat64(int fd, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = va_arg(arguments, mode_t);
  va_end(arguments);
  if (fd == AT_FDCWD) return static_cast<int>(syscall(SYS_openat, fd, path, flags, mode));
  return AskByNumber("openat", SYS_openat, fd, path, flags, mode);
}
int openat(int fd, const char* path, int flags, ...) __attribute__((alias("openat64")));

int fstatfs64(int fd, struct statfs64* status) noexcept {
  return AskByNumber("fstatfs", SYS_fstatfs, fd, status);
}
int fstatfs(int fd, struct statfs* status) noexcept {
  return AskByNumber("fstatfs", SYS_fstatfs, fd, status);
}
int fstatvfs64(int fd, struct statvfs64* status) noexcept {
  return AskOf("fstatvfs", fd,
               [&](int real) { return Next(&fstatvfs64, "fstatvfs64")(real, status); });
}
int fstatvfs(int fd, struct statvfs* status) noexcept {
  return AskOf("fstatvfs", fd, [&](int real) { return Next(&fstatvfs, "fstatvfs")(real, status); });
}

int isatty(int fd) noexcept {
  return AskOf("isatty", fd, [&](int real) { return Next(&isatty, "isatty")(real); });
}
int tcgetattr(int fd, termios* settings) noexcept {
  return AskOf("tcgetattr", fd,
               [&](int real) { return Next(&tcgetattr, "tcgetattr")(real, settings); });
}
char* ttyname(int fd) noexcept {
  return AskOf("ttyname", fd, [&](int real) { return Next(&ttyname, "ttyname")(real); });
}
int ttyname_r(int fd, char* name, size_t size) noexcept {
  return AskOf("ttyname_r", fd,
               [&](int real) { return Next(&ttyname_r, "ttyname_r")(real, name, size); });
}

ssize_t readlink(const char* path, char* text, size_t size) noexcept {
  const int fd = IsServersCall() ? DescriptorOf(path) : -1;
  if (fd < 0 || !IsSimulated(fd)) return syscall(SYS_readlink, path, text, size);
  HarnessScope harness;
  const Syscalls::StandIn stand_in = in_force.syscalls->OpenStandIn(fd);
  if (stand_in.fd == Syscalls::StandIn::kNone) RefuseByName("readlink", fd);
  if (stand_in.fd < 0) {
    errno = ENOENT;
    return -1;
  }
  const ssize_t result = ReadLinkOf(stand_in, text, size);
  syscall(SYS_close, stand_in.fd);
  return result;
}
ssize_t readlinkat(int directory, const char* path, char* text, size_t size) noexcept {
  if (path[0] == '/') return readlink(path, text, size);
  return directory == AT_FDCWD
             ? syscall(SYS_readlinkat, directory, path, text, size)
             : AskByNumber<ssize_t>("readlinkat", SYS_readlinkat, directory, path, text, size);
}

// ---- What is done to files alone.

int fsync(int fd) { return AskByNumber("fsync", SYS_fsync, fd); }
int fdatasync(int fd) { return AskByNumber("fdatasync", SYS_fdatasync, fd); }
int syncfs(int fd) noexcept { return AskByNumber("syncfs", SYS_syncfs, fd); }
int sync_file_range(int fd, off64_t offset, off64_t length, unsigned flags) {
  return AskByNumber("sync_file_range", SYS_sync_file_range, fd, offset, length, flags);
}
int flock(int fd, int operation) noexcept { return AskByNumber("flock", SYS_flock, fd, operation); }
int fchmod(int fd, mode_t mode) noexcept { return AskByNumber("fchmod", SYS_fchmod, fd, mode); }
int fchown(int fd, uid_t user, gid_t group) noexcept {
  return AskByNumber("fchown", SYS_fchown, fd, user, group);
}
int fchdir(int fd) noexcept { return AskByNumber("fchdir", SYS_fchdir, fd); }
int futimens(int fd, const timespec times[2]) noexcept {
  return AskByNumber("futimens", SYS_utimensat, fd, nullptr, times, 0);
}
int ftruncate64(int fd, off64_t length) noexcept {
  return AskByNumber("ftruncate", SYS_ftruncate, fd, length);
}
int ftruncate(int fd, off_t length) noexcept { return ftruncate64(fd, length); }
off64_t lseek64(int fd, off64_t offset, int whence) noexcept {
  return AskByNumber<off64_t>("lseek", SYS_lseek, fd, offset, whence);
}
off_t lseek(int fd, off_t offset, int whence) noexcept { return lseek64(fd, offset, whence); }
int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  return AskByNumber("fallocate", SYS_fallocate, fd, mode, offset, length);
}
int fallocate(int fd, int mode, off_t offset, off_t length) {
  return fallocate64(fd, mode, offset, length);
}
// These two return the error.
int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  return AskOf("posix_fallocate", fd, [&](int real) {
    return Next(&posix_fallocate64, "posix_fallocate64")(real, offset, length);
  });
}
int posix_fallocate(int fd, off_t offset, off_t length) {
  return posix_fallocate64(fd, offset, length);
}
int posix_fadvise64(int fd, off64_t offset, off64_t length, int advice) noexcept {
  return AskOf("posix_fadvise", fd, [&](int real) {
    return Next(&posix_fadvise64, "posix_fadvise64")(real, offset, length, advice);
  });
}
int posix_fadvise(int fd, off_t offset, off_t length, int advice) noexcept {
  return posix_fadvise64(fd, offset, length, advice);
}
ssize_t readahead(int fd, off64_t offset, size_t count) noexcept {
  return AskByNumber<ssize_t>("readahead", SYS_readahead, fd, offset, count);
}
ssize_t getdents64(int fd, void* entries, size_t size) noexcept {
  return AskByNumber<ssize_t>("getdents64", SYS_getdents64, fd, entries, size);
}
ssize_t copy_file_range(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t length,
                        unsigned flags) {
  // It is for files alone, so that one descriptor may stand for both.
  const bool from_file = !IsSimulated(in);
  const bool out_too = IsSimulated(out);
  return AskOf("copy_file_range", from_file ? out : in, [&](int real) {
    return static_cast<ssize_t>(syscall(SYS_copy_file_range, from_file ? in : real, in_offset,
                                        from_file || out_too ? real : out, out_offset, length,
                                        flags));
  });
}
ssize_t fgetxattr(int fd, const char* name, void* value, size_t size) noexcept {
  return AskByNumber<ssize_t>("fgetxattr", SYS_fgetxattr, fd, name, value, size);
}
int fsetxattr(int fd, const char* name, const void* value, size_t size, int flags) noexcept {
  return AskByNumber("fsetxattr", SYS_fsetxattr, fd, name, value, size, flags);
}
ssize_t flistxattr(int fd, char* names, size_t size) noexcept {
  return AskByNumber<ssize_t>("flistxattr", SYS_flistxattr, fd, names, size);
}
int fremovexattr(int fd, const char* name) noexcept {
  return AskByNumber("fremovexattr", SYS_fremovexattr, fd, name);
}
int inotify_add_watch(int fd, const char* path, uint32_t mask) noexcept {
  return AskByNumber("inotify_add_watch", SYS_inotify_add_watch, fd, path, mask);
}
int inotify_rm_watch(int fd, int watch) noexcept {
  return AskByNumber("inotify_rm_watch", SYS_inotify_rm_watch, fd, watch);
}

// ---- Transfers at a place in a file, which streams do not have.

ssize_t pread64(int fd, void* buffer, size_t size, off64_t offset) {
  return AskByNumber<ssize_t>("pread", SYS_pread64, fd, buffer, size, offset);
}
ssize_t pread(int fd, void* buffer, size_t size, off_t offset) {
  return pread64(fd, buffer, size, offset);
}
ssize_t pwrite64(int fd, const void* buffer, size_t size, off64_t offset) {
  return AskByNumber<ssize_t>("pwrite", SYS_pwrite64, fd, buffer, size, offset);
}
ssize_t pwrite(int fd, const void* buffer, size_t size, off_t offset) {
  return pwrite64(fd, buffer, size, offset);
}
ssize_t preadv64(int fd, const iovec* parts, int count, off64_t offset) {
  return AskByNumber<ssize_t>("preadv", SYS_preadv, fd, parts, count, offset, 0L);
}
ssize_t preadv(int fd, const iovec* parts, int count, off_t offset) {
  return preadv64(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const iovec* parts, int count, off64_t offset) {
  return AskByNumber<ssize_t>("pwritev", SYS_pwritev, fd, parts, count, offset, 0L);
}
ssize_t pwritev(int fd, const iovec* parts, int count, off_t offset) {
  return pwritev64(fd, parts, count, offset);
}
// At offset -1 they are readv and writev.
ssize_t preadv64v2(int fd, const iovec* parts, int count, off64_t offset, int flags) {
  if (offset == -1 && IsSimulated(fd)) {
    return TransferAtPlace(fd, POLLIN, flags, [&] { return readv(fd, parts, count); });
  }
  return AskByNumber<ssize_t>("preadv2", SYS_preadv2, fd, parts, count, offset, 0L, flags);
}
ssize_t preadv2(int fd, const iovec* parts, int count, off_t offset, int flags) {
  return preadv64v2(fd, parts, count, offset, flags);
}
ssize_t pwritev64v2(int fd, const iovec* parts, int count, off64_t offset, int flags) {
  if (offset == -1 && IsSimulated(fd)) {
    return TransferAtPlace(fd, POLLOUT, flags, [&] { return writev(fd, parts, count); });
  }
  return AskByNumber<ssize_t>("pwritev2", SYS_pwritev2, fd, parts, count, offset, 0L, flags);
}
ssize_t pwritev2(int fd, const iovec* parts, int count, off_t offset, int flags) {
  return pwritev64v2(fd, parts, count, offset, flags);
}

}  // extern "C"
