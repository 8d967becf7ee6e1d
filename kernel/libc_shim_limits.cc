// libc's calls about RLIMIT_NOFILE, of which a simulated kernel has its own. See libc_shim.h.

#include <sys/resource.h>
#include <unistd.h>

#include <climits>

#include "kernel/libc_shim.h"

using hupstorm::Call;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

// glibc's sysconf under its second public name.
extern "C" long __sysconf(int name);

namespace {

// Of all limits this one alone concerns a kernel of ours. The two structures are one on x86-64.
int Limit(pid_t pid, int resource, const void* wanted, void* former) {
  if (resource != RLIMIT_NOFILE) {
    return static_cast<int>(syscall(SYS_prlimit64, pid, resource, wanted, former));
  }
  return Dispatch<Call::kPrlimit64>(pid, resource, wanted, former);
}

}  // namespace

extern "C" {

int prlimit(pid_t pid, enum __rlimit_resource resource, const rlimit* wanted,
            rlimit* former) noexcept {
  return Limit(pid, resource, wanted, former);
}
int prlimit64(pid_t pid, enum __rlimit_resource resource, const rlimit64* wanted,
              rlimit64* former) noexcept {
  return Limit(pid, resource, wanted, former);
}

int setrlimit(__rlimit_resource_t resource, const rlimit* limit) noexcept {
  return Limit(0, resource, limit, nullptr);
}
int setrlimit64(__rlimit_resource_t resource, const rlimit64* limit) noexcept {
  return Limit(0, resource, limit, nullptr);
}
int getrlimit(__rlimit_resource_t resource, rlimit* limit) noexcept {
  return Limit(0, resource, nullptr, limit);
}
int getrlimit64(__rlimit_resource_t resource, rlimit64* limit) noexcept {
  return Limit(0, resource, nullptr, limit);
}

long sysconf(int name) noexcept {
  if (name != _SC_OPEN_MAX || !IsServersCall()) return __sysconf(name);
  rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<long>(limit.rlim_cur) : -1;
}

int getdtablesize() noexcept {
  rlimit limit;
  constexpr int kPosixLeast = 256;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<int>(limit.rlim_cur) : kPosixLeast;
}

}  // extern "C"
