// Numbers of the program's process and threads: the same whenever it is started, and none of
// Linux's. So each call that takes one is answered for the process that makes it.

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdarg>
#include <cstring>
#include <string>
#include <string_view>

#include "kernel/in_force.h"
#include "kernel/inside/program.h"
#include "kernel/inside/random_bytes.h"
#include "kernel/inside/threads/waits.h"
#include "kernel/next_symbol.h"

namespace hupstorm::inside {
namespace {

// As its calls have it, for the process or thread that makes them.
constexpr pid_t kItself = 0;

pid_t Linuxs(pid_t pid) { return IsProgramsPid(pid) ? kItself : pid; }

template <typename Result = int>
Result ByNumber(long number, auto... arguments) {
  const HarnessScope harness;
  return static_cast<Result>(syscall(number, arguments...));
}

// A path below /proc with the program's number in it.
class LinuxsPath {
 public:
  explicit LinuxsPath(const char* path) : path_(path) {
    constexpr std::string_view kProc = "/proc/";
    if (!in_force.in_server || path == nullptr) return;
    std::string_view rest = path;
    if (!rest.starts_with(kProc)) return;
    rest.remove_prefix(kProc.size());
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), pid);
    if (error != std::errc() || !IsProgramsPid(pid)) return;
    const HarnessScope harness;
    own_ = std::string("/proc/self") + end;
    path_ = own_.c_str();
  }
  LinuxsPath(const LinuxsPath&) = delete;
  LinuxsPath& operator=(const LinuxsPath&) = delete;

  const char* get() const { return path_; }

 private:
  const char* path_;
  std::string own_;
};

}  // namespace
}  // namespace hupstorm::inside

using hupstorm::in_force;
using hupstorm::NextOf;
using namespace hupstorm::inside;  // NOLINT: every line below is this library's

extern "C" {

pid_t getpid() noexcept { return ProgramsPid(); }
// Its first thread has the number of the process, the others those that follow.
pid_t gettid() noexcept {
  if (!in_force.in_server || TheScheduler() == nullptr) return ByNumber<pid_t>(SYS_gettid);
  return getpid() + TheScheduler()->current();
}

// ---- Signals.

int raise(int number) noexcept {
  if (SendsItself(kItself, number)) return 0;
  static auto* const real = NextOf<int(int)>("raise");
  return real(number);
}
int kill(pid_t pid, int number) noexcept {
  if (SendsItself(pid, number)) return 0;
  return ByNumber(SYS_kill, IsProgramsPid(pid) ? ByNumber<pid_t>(SYS_getpid) : pid, number);
}
int tgkill(pid_t pid, pid_t thread, int number) {
  if (SendsItself(pid, number)) return 0;
  if (!IsProgramsPid(pid)) return ByNumber(SYS_tgkill, pid, thread, number);
  return ByNumber(SYS_tgkill, ByNumber<pid_t>(SYS_getpid), ByNumber<pid_t>(SYS_gettid), number);
}
int pthread_kill(pthread_t thread, int number) noexcept {
  if (SendsThread(thread, number)) return 0;
  static auto* const real = NextOf<int(pthread_t, int)>("pthread_kill");
  return real(thread, number);
}

// ---- Sessions, priorities, processors.

pid_t getpgid(pid_t pid) noexcept { return ByNumber<pid_t>(SYS_getpgid, Linuxs(pid)); }
pid_t getsid(pid_t pid) noexcept { return ByNumber<pid_t>(SYS_getsid, Linuxs(pid)); }
int setpgid(pid_t pid, pid_t group) noexcept {
  return ByNumber(SYS_setpgid, Linuxs(pid), Linuxs(group));
}
int getpriority(__priority_which_t which, id_t who) noexcept {
  static auto* const real = NextOf<int(__priority_which_t, id_t)>("getpriority");
  const bool is_process = which == PRIO_PROCESS && IsProgramsPid(static_cast<pid_t>(who));
  return real(which, is_process ? id_t{kItself} : who);
}
int setpriority(__priority_which_t which, id_t who, int priority) noexcept {
  const bool is_process = which == PRIO_PROCESS && IsProgramsPid(static_cast<pid_t>(who));
  return ByNumber(SYS_setpriority, which, is_process ? id_t{kItself} : who, priority);
}
int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t* processors) noexcept {
  return ByNumber(SYS_sched_setaffinity, Linuxs(pid), size, processors);
}
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t* processors) noexcept {
  const int written = ByNumber(SYS_sched_getaffinity, Linuxs(pid), size, processors);
  if (written < 0) return -1;
  const auto known = static_cast<size_t>(written);
  memset(reinterpret_cast<char*>(processors) + known, 0, size - known);
  return 0;
}
int sched_setscheduler(pid_t pid, int policy, const sched_param* param) noexcept {
  return ByNumber(SYS_sched_setscheduler, Linuxs(pid), policy, param);
}
int sched_getscheduler(pid_t pid) noexcept { return ByNumber(SYS_sched_getscheduler, Linuxs(pid)); }
int sched_setparam(pid_t pid, const sched_param* param) noexcept {
  return ByNumber(SYS_sched_setparam, Linuxs(pid), param);
}
int sched_getparam(pid_t pid, sched_param* param) noexcept {
  return ByNumber(SYS_sched_getparam, Linuxs(pid), param);
}

// ---- Files: those below /proc, and those of random numbers.

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = va_arg(arguments, mode_t);
  va_end(arguments);
  const int fd = ByNumber(SYS_openat, AT_FDCWD, LinuxsPath(path).get(), flags, mode);
  if (in_force.in_server && IsRandomDevice(path)) NoteRandomDevice(fd);
  return fd;
}
int open(const char* path, int flags, ...) __attribute__((alias("open64")));

FILE* fopen64(const char* path, const char* mode) {
  if (in_force.in_server && IsRandomDevice(path)) return OpenRandomStream();
  static auto* const real = NextOf<FILE*(const char*, const char*)>("fopen64");
  return real(LinuxsPath(path).get(), mode);
}
FILE* fopen(const char* path, const char* mode) { return fopen64(path, mode); }

DIR* opendir(const char* path) {
  static auto* const real = NextOf<DIR*(const char*)>("opendir");
  return real(LinuxsPath(path).get());
}

}  // extern "C"
