#include "kernel/linux/preload/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/timespec.h"
#include "kernel/in_force.h"
#include "kernel/linux/preload/enlisted_thread.h"

namespace hupstorm::preload {

namespace {

constexpr long kKernelSigsetBytes = 8;  // Linux's sigset_t; glibc's is larger

bool IsTcp(const SystemCall& socket) {
  const int domain = socket.Int(0);
  const int type = socket.Int(1) & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  return (domain == AF_INET || domain == AF_INET6) && type == SOCK_STREAM;
}

// The descriptors that came with a message have numbers that may have been something else before.
void ForgetReceived(msghdr& message, Interest& interest) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
      interest.Forget(fd);
    }
  }
}

// A wait with a signal mask (ppoll, pselect, epoll_pwait), made on Linux.
int64_t WaitWithMask(const SystemCall& call, const sigset_t* mask) {
  const auto& a = call.arguments;
  if (call.call == Call::kEpollWait) {
    return syscall(SYS_epoll_pwait, a[0], a[1], a[2], a[3], mask, kKernelSigsetBytes);
  }
  if (call.call == Call::kPoll) {
    const timespec timeout = Timespec(std::max<int64_t>(a[2], 0) * 1'000'000);
    return syscall(SYS_ppoll, a[0], a[1], a[2] < 0 ? nullptr : &timeout, mask, kKernelSigsetBytes);
  }
  const struct {
    const sigset_t* mask;
    size_t bytes;
  } mask_argument{mask, kKernelSigsetBytes};
  const auto* const left = call.Pointer<const timeval>(4);
  timespec timeout = {};
  if (left != nullptr) timeout = {.tv_sec = left->tv_sec, .tv_nsec = left->tv_usec * 1000};
  return syscall(SYS_pselect6, a[0], a[1], a[2], a[3], left == nullptr ? nullptr : &timeout,
                 &mask_argument);
}

}  // namespace

void Gate::Make(SystemCall& call) {
  if (!IsDriven()) return Pass(call);
  if (call.call == Call::kClockGettime) return ReadClock(call);
  held::Agent* const agent = IsForDriver(call) ? AgentOfThisThread() : nullptr;
  agent != nullptr ? agent->Make(call) : Pass(call);
  if (call.result != -1) Learn(call);
  if (call.call == Call::kConnect) NoteConnect();
}

void Gate::Pass(SystemCall& call) {
  if (FamilyOf(call.call) != CallFamily::kWait || in_force.wait_mask == nullptr) {
    return linux_.Make(call);
  }
  call.result = WaitWithMask(call, in_force.wait_mask);
  call.error = call.result == -1 ? errno : 0;
}

bool Gate::IsForDriver(const SystemCall& call) {
  const int fd = call.Int(0);
  switch (call.call) {
    case Call::kSocket:
      return IsTcp(call);
    case Call::kSocketpair:
    case Call::kPipe2:
    case Call::kEventfd:
    case Call::kEpollCreate1:
    case Call::kTimerfdCreate:
    case Call::kSelect:
    case Call::kPoll:
    case Call::kNanosleep:
      // A program that has nothing to do with TCP yet is no server yet.
      return IsEnlisted();
    case Call::kConnect:    // to another server: may take long
    case Call::kSigaction:  // seen in /proc
    case Call::kPrlimit64:
    case Call::kSplice:  // what it moves is seen at the socket
    case Call::kTee:
      return false;
    default:
      return interest_.IsWatched(fd);
  }
}

void Gate::Learn(const SystemCall& call) {
  const int fd = call.Int(0);
  const int made = static_cast<int>(call.result);
  switch (call.call) {
    case Call::kSocket:
      IsTcp(call) ? interest_.Watch(made) : interest_.Ignore(made);
      return;
    case Call::kAccept:
    case Call::kDup:
    case Call::kDup3:
      interest_.Copy(fd, made);
      return;
    case Call::kFcntl:
      if (call.Int(1) == F_DUPFD || call.Int(1) == F_DUPFD_CLOEXEC) interest_.Copy(fd, made);
      return;
    case Call::kEpollCreate1:
    case Call::kEventfd:
    case Call::kTimerfdCreate:
      interest_.Watch(made);
      return;
    case Call::kSocketpair:
    case Call::kPipe2: {
      const int* const ends = call.Pointer<const int>(call.call == Call::kPipe2 ? 0 : 3);
      for (int i = 0; i < 2; ++i)
        IsEnlisted() ? interest_.Watch(ends[i]) : interest_.Ignore(ends[i]);
      return;
    }
    case Call::kClose:
      interest_.NoteClosed(fd);
      return;
    case Call::kRecvmsg:
      return ForgetReceived(*call.Pointer<msghdr>(1), interest_);
    default:
      return;
  }
}

// The server's clocks run with Linux's, and ahead of them by what the driver has skipped.
void Gate::ReadClock(SystemCall& call) {
  linux_.Make(call);
  const int clock = call.Int(0);
  if (call.result != 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID) {
    return;
  }
  auto* const now = call.Pointer<timespec>(1);
  *now = Timespec(Nanoseconds(*now) + ClockOffsetNs());
}

}  // namespace hupstorm::preload
