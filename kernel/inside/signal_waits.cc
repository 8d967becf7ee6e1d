// libc's waits for signals, of the program: as waits for descriptors, which the simulation has.

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "base/timespec.h"
#include "kernel/in_force.h"

namespace {

constexpr long kKernelSigsetBytes = 8;  // Linux's sigset_t; glibc's is larger

// The number of the first signal of the set that comes within `timeout_ms` (-1: for ever), -1 with
// errno if none does. Who waits so has blocked them.
int AwaitSignal(const sigset_t* signals, siginfo_t* info, int timeout_ms) {
  const int fd = signalfd(-1, signals, SFD_CLOEXEC);
  if (fd < 0) return -1;
  pollfd ready = {.fd = fd, .events = POLLIN, .revents = 0};
  signalfd_siginfo got = {};
  const int count = poll(&ready, 1, timeout_ms);
  const bool is_there = count == 1 && read(fd, &got, sizeof got) == sizeof got;
  const int error = count < 0 ? errno : EAGAIN;
  close(fd);
  if (!is_there) {
    errno = error;
    return -1;
  }
  const auto number = static_cast<int>(got.ssi_signo);
  if (info != nullptr) {
    *info = {};
    info->si_signo = number;
    info->si_code = got.ssi_code;
    info->si_pid = static_cast<pid_t>(got.ssi_pid);
  }
  return number;
}

bool IsPrograms() { return hupstorm::in_force.in_server; }

}  // namespace

extern "C" {

int sigtimedwait(const sigset_t* signals, siginfo_t* info, const timespec* timeout) {
  if (!IsPrograms()) {
    return static_cast<int>(
        syscall(SYS_rt_sigtimedwait, signals, info, timeout, kKernelSigsetBytes));
  }
  constexpr int64_t kMostMs = 1 << 30;
  const int64_t ms =
      timeout == nullptr ? -1 : (hupstorm::Nanoseconds(*timeout) + 999'999) / 1'000'000;
  return AwaitSignal(signals, info, static_cast<int>(std::min(ms, kMostMs)));
}

int sigwaitinfo(const sigset_t* signals, siginfo_t* info) {
  return sigtimedwait(signals, info, nullptr);
}

int sigwait(const sigset_t* signals, int* number) {
  const int former_errno = errno;
  int got = -1;
  while ((got = sigtimedwait(signals, nullptr, nullptr)) == -1 && errno == EINTR) {
  }
  const int error = errno;
  errno = former_errno;
  if (got == -1) return error;
  *number = got;
  return 0;
}

int pause() {
  if (!IsPrograms()) return static_cast<int>(syscall(SYS_pause));
  return poll(nullptr, 0, -1);
}

int sigsuspend(const sigset_t* mask) {
  if (!IsPrograms()) return static_cast<int>(syscall(SYS_rt_sigsuspend, mask, kKernelSigsetBytes));
  return ppoll(nullptr, 0, nullptr, mask);
}

}  // extern "C"
