#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/special_files.h"

namespace hupstorm::simulated {
namespace {

template <typename Visit>
void ForEachSignalfd(const Kernel& kernel, Visit&& visit) {
  for (int fd = kFirstDescriptor; fd < kernel.descriptors.end(); ++fd) {
    Object* const object = kernel.descriptors.Get(fd);
    if (object != nullptr && object->kind == Kind::kSignalfd)
      visit(static_cast<Signalfd&>(*object));
  }
}

bool IsBlocked(int signal) {
  uint64_t mask = 0;
  syscall(SYS_rt_sigprocmask, static_cast<long>(SIG_BLOCK), nullptr, &mask, sizeof mask);
  return (mask & Signals::Bit(signal)) != 0;
}

}  // namespace

bool GoesToSignalfd(const Kernel& kernel, int signal) {
  bool wanted = false;
  ForEachSignalfd(kernel, [&](const Signalfd& signalfd) {
    wanted = wanted || (signalfd.mask & Signals::Bit(signal)) != 0;
  });
  return wanted && IsBlocked(signal);
}

void LeavePending(Kernel& kernel, int signal) {
  kernel.signals.SetPending(signal);
  ForEachSignalfd(kernel, [&](Signalfd& signalfd) { Wake(kernel, signalfd, EPOLLIN, false); });
}

int OpenSignalfd(Kernel& kernel, int fd, const uint64_t* mask, size_t size, int flags) {
  if (size != sizeof(uint64_t)) return -EINVAL;
  if (mask == nullptr) return -EFAULT;
  if ((flags & ~(SFD_CLOEXEC | SFD_NONBLOCK)) != 0) return -EINVAL;
  const uint64_t wanted = *mask & ~(Signals::Bit(SIGKILL) | Signals::Bit(SIGSTOP));
  if (fd != -1) {
    Object* const object = kernel.descriptors.Get(fd);
    if (object == nullptr) return -EBADF;
    if (object->kind != Kind::kSignalfd) return -EINVAL;
    static_cast<Signalfd&>(*object).mask = wanted;
    Wake(kernel, *object, 0, true);
    return fd;
  }
  if (kernel.descriptors.LowestFree() < 0) return -EMFILE;
  Signalfd& signalfd = *kernel.signalfds.New();
  signalfd.mask = wanted;
  signalfd.non_blocking = (flags & SFD_NONBLOCK) != 0;
  return InstallLowest(kernel, signalfd, (flags & SFD_CLOEXEC) != 0);
}

uint32_t PollSignalfd(const Kernel& kernel, const Signalfd& signalfd) {
  return (kernel.signals.pending() & signalfd.mask) != 0 ? uint32_t{EPOLLIN} : 0;
}

// Of a signal nothing is told but its number, and that a process sent it.
ssize_t ReadSignalfd(Kernel& kernel, Signalfd& signalfd, IoVector& to, int fd) {
  if (to.left() < sizeof(signalfd_siginfo)) return -EINVAL;
  while ((kernel.signals.pending() & signalfd.mask) == 0) {
    if (signalfd.non_blocking) return -EAGAIN;
    const int woken = Sleep(kernel, signalfd, {.call = Call::kRead, .fd = fd, .restartable = true});
    if (woken != 0) return woken;
  }
  ssize_t total = 0;
  while (to.left() >= sizeof(signalfd_siginfo)) {
    const uint64_t ready = kernel.signals.pending() & signalfd.mask;
    if (ready == 0) break;
    const int signal = std::countr_zero(ready) + 1;
    kernel.signals.Take(signal);
    signalfd_siginfo info = {};
    info.ssi_signo = static_cast<uint32_t>(signal);
    info.ssi_code = SI_USER;
    to.Put(info);
    total += static_cast<ssize_t>(sizeof info);
  }
  return total;
}

}  // namespace hupstorm::simulated
