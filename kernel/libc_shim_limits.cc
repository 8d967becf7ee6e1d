// libc's calls about RLIMIT_NOFILE, of which a simulated kernel has its own. See libc_shim.h.

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "kernel/libc_shim.h"

using hupstorm::Call;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

// glibc's sysconf under its second public name.
extern "C" long __sysconf(int name);

namespace {

// A sanitizer's runtime asks for limits before a function that it has instrumented may run. What it
// calls is not instrumented, keeps nothing on the stack, and calls nothing else that is.
#define HUPSTORM_RUNS_EARLY __attribute__((no_sanitize("address")))

// Linux itself, for x86-64.
HUPSTORM_RUNS_EARLY int AskLinux(pid_t pid, int resource, const void* wanted, void* former) {
  register void* r10 __asm__("r10") = former;
  long result = SYS_prlimit64;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(static_cast<long>(pid)), "S"(static_cast<long>(resource)), "d"(wanted),
                     "r"(r10)
                   : "rcx", "r11", "memory");
  if (result >= 0) return static_cast<int>(result);
  errno = static_cast<int>(-result);
  return -1;
}

__attribute__((noinline)) int DescriptorLimit(pid_t pid, const void* wanted, void* former) {
  return Dispatch<Call::kPrlimit64>(pid, static_cast<int>(RLIMIT_NOFILE), wanted, former);
}

__attribute__((noinline)) long MostDescriptors(long otherwise) {
  rlimit limit;
  return DescriptorLimit(0, nullptr, &limit) == 0 ? static_cast<long>(limit.rlim_cur) : otherwise;
}

// Of all limits this one alone concerns a kernel of ours. The two structures are one on x86-64.
HUPSTORM_RUNS_EARLY int Limit(pid_t pid, int resource, const void* wanted, void* former) {
  if (pid > 0 && pid == getpid()) pid = 0;  // which may be a number of ours
  if (resource != RLIMIT_NOFILE) return AskLinux(pid, resource, wanted, former);
  return DescriptorLimit(pid, wanted, former);
}

}  // namespace

extern "C" {

HUPSTORM_RUNS_EARLY int prlimit(pid_t pid, enum __rlimit_resource resource, const rlimit* wanted,
                                rlimit* former) noexcept {
  return Limit(pid, resource, wanted, former);
}
HUPSTORM_RUNS_EARLY int prlimit64(pid_t pid, enum __rlimit_resource resource,
                                  const rlimit64* wanted, rlimit64* former) noexcept {
  return Limit(pid, resource, wanted, former);
}

HUPSTORM_RUNS_EARLY int setrlimit(__rlimit_resource_t resource, const rlimit* limit) noexcept {
  return Limit(0, resource, limit, nullptr);
}
HUPSTORM_RUNS_EARLY int setrlimit64(__rlimit_resource_t resource, const rlimit64* limit) noexcept {
  return Limit(0, resource, limit, nullptr);
}
HUPSTORM_RUNS_EARLY int getrlimit(__rlimit_resource_t resource, rlimit* limit) noexcept {
  return Limit(0, resource, nullptr, limit);
}
HUPSTORM_RUNS_EARLY int getrlimit64(__rlimit_resource_t resource, rlimit64* limit) noexcept {
  return Limit(0, resource, nullptr, limit);
}

HUPSTORM_RUNS_EARLY long sysconf(int name) noexcept {
  return name == _SC_OPEN_MAX && IsServersCall() ? MostDescriptors(-1) : __sysconf(name);
}

int getdtablesize() noexcept {
  constexpr int kPosixLeast = 256;
  return static_cast<int>(MostDescriptors(kPosixLeast));
}

}  // extern "C"
