// No symbol of the shim was lost on the way into this executable: each name that libc has too leads
// here, to the executable's own definition.

#include <dlfcn.h>
#include <gmock/gmock.h>

#include <cstring>

#include "kernel/sanitizers.h"

// Declared under names of their own, since libc's headers give some of them types and some none.
// It would break these anew each time it runs:
// clang-format off
#define HUPSTORM_FOR_EACH_SYMBOL(X) \
  X(socket) X(socketpair) X(bind) X(listen) X(accept) X(accept4) X(connect) X(shutdown) \
  X(getsockname) X(getpeername) X(getsockopt) X(setsockopt) X(recv) X(recvfrom) X(recvmsg) \
  X(send) X(sendto) X(sendmsg) X(read) X(write) X(readv) X(writev) X(close) X(fcntl) X(fcntl64) \
  X(ioctl) X(dup) X(dup2) X(dup3) X(pipe) X(pipe2) X(select) X(pselect) X(poll) X(ppoll) \
  X(epoll_create) X(epoll_create1) X(epoll_ctl) X(epoll_wait) X(epoll_pwait) X(epoll_pwait2) \
  X(eventfd) X(eventfd_read) X(eventfd_write) X(timerfd_create) X(timerfd_settime) \
  X(timerfd_gettime) X(clock_gettime) X(gettimeofday) X(time) X(nanosleep) X(clock_nanosleep) \
  X(usleep) X(sleep) X(sigaction) X(signal) X(__read_chk) X(__recv_chk) X(__recvfrom_chk) \
  X(__poll_chk) X(__ppoll_chk) X(sendfile) X(sendfile64) X(splice) X(tee) X(vmsplice) X(recvmmsg) \
  X(sendmmsg) X(signalfd) X(close_range) X(closefrom) X(fstat) X(fstat64) X(fstatat) X(fstatat64) \
  X(statx) X(fstatfs) X(fstatfs64) X(fstatvfs) X(fstatvfs64) X(isatty) X(tcgetattr) X(ttyname) \
  X(ttyname_r) X(openat) X(openat64) X(readlink) X(readlinkat) X(fsync) X(fdatasync) X(syncfs) \
  X(sync_file_range) X(flock) X(fchmod) X(fchown) X(fchdir) X(futimens) X(ftruncate) \
  X(ftruncate64) X(lseek) X(lseek64) X(fallocate) X(fallocate64) X(posix_fallocate) \
  X(posix_fallocate64) X(posix_fadvise) X(posix_fadvise64) X(readahead) X(getdents64) \
  X(copy_file_range) X(fgetxattr) X(fsetxattr) X(flistxattr) X(fremovexattr) \
  X(inotify_add_watch) X(inotify_rm_watch) X(pread) X(pread64) X(pwrite) X(pwrite64) X(preadv) \
  X(preadv64) X(pwritev) X(pwritev64) X(preadv2) X(preadv64v2) X(pwritev2) X(pwritev64v2) \
  X(syscall) X(prlimit) X(prlimit64) X(setrlimit) X(setrlimit64) X(getrlimit) X(getrlimit64) \
  X(sysconf) X(getdtablesize) X(fdopen) X(dprintf) X(vdprintf) X(__dprintf_chk) X(__vdprintf_chk)
#define HUPSTORM_FOR_EACH_HEAP_SYMBOL(X) \
  X(malloc) X(free) X(calloc) X(realloc) X(reallocarray) X(memalign) X(aligned_alloc) \
  X(posix_memalign) X(valloc) X(pvalloc)
// clang-format on

#define HUPSTORM_DECLARE(name) extern "C" void shim_test_##name() __asm__(#name);
HUPSTORM_FOR_EACH_SYMBOL(HUPSTORM_DECLARE)
HUPSTORM_FOR_EACH_HEAP_SYMBOL(HUPSTORM_DECLARE)

namespace {

struct Symbol {
  const char* name;
  void (*address)();
};

#define HUPSTORM_ROW(name) {#name, shim_test_##name},
constexpr Symbol kSymbols[] = {HUPSTORM_FOR_EACH_SYMBOL(HUPSTORM_ROW)
#if !HUPSTORM_SANITIZER_OWNS_HEAP
                                   HUPSTORM_FOR_EACH_HEAP_SYMBOL(HUPSTORM_ROW)
#endif
};

const void* ObjectThatHolds(const void* address) {
  Dl_info info{};
  return dladdr(address, &info) == 0 ? nullptr : info.dli_fbase;
}

TEST(LibcShimSymbolsTest, EachLeadsIntoThisExecutable) {
  const void* const executable = ObjectThatHolds(reinterpret_cast<const void*>(&kSymbols));
  ASSERT_NE(executable, nullptr);
  for (const Symbol& symbol : kSymbols) {
    EXPECT_EQ(ObjectThatHolds(reinterpret_cast<const void*>(symbol.address)), executable)
        << symbol.name << " is not the shim's";
  }
}

// Shared libraries find them too: libstdc++ calls clock_gettime, and memory passes both ways.
TEST(LibcShimSymbolsTest, SharedLibrariesFindTheSameOnes) {
  for (const Symbol& symbol : kSymbols) {
    EXPECT_EQ(dlsym(RTLD_DEFAULT, symbol.name), reinterpret_cast<void*>(symbol.address))
        << symbol.name;
  }
}

}  // namespace
