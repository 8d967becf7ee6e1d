#include "kernel/linux/held/raw_call.h"

#include <cstdlib>

namespace hupstorm::remote {
namespace {

// An address becomes whatever pointer the method wants.
struct Address {
  int64_t value;
  template <typename T>
  operator T*() const {  // NOLINT(google-explicit-constructor): that is what it is for
    return reinterpret_cast<T*>(value);
  }
};

}  // namespace

int64_t Invoke(Syscalls& syscalls, const RawCall& raw) {
  const auto& a = raw.arguments;
  const auto number = [&](int i) { return static_cast<int>(a[static_cast<size_t>(i)]); };
  const auto size = [&](int i) { return static_cast<size_t>(a[static_cast<size_t>(i)]); };
  const auto length = [&](int i) { return static_cast<socklen_t>(a[static_cast<size_t>(i)]); };
  const auto at = [&](int i) { return Address{a[static_cast<size_t>(i)]}; };

  switch (raw.call) {
    case Call::kSocket:
      return syscalls.Socket(number(0), number(1), number(2));
    case Call::kSocketpair:
      return syscalls.Socketpair(number(0), number(1), number(2), at(3));
    case Call::kBind:
      return syscalls.Bind(number(0), at(1), length(2));
    case Call::kListen:
      return syscalls.Listen(number(0), number(1));
    case Call::kAccept:
      return syscalls.Accept4(number(0), at(1), at(2), number(3));
    case Call::kConnect:
      return syscalls.Connect(number(0), at(1), length(2));
    case Call::kShutdown:
      return syscalls.Shutdown(number(0), number(1));
    case Call::kGetsockname:
      return syscalls.Getsockname(number(0), at(1), at(2));
    case Call::kGetpeername:
      return syscalls.Getpeername(number(0), at(1), at(2));
    case Call::kGetsockopt:
      return syscalls.Getsockopt(number(0), number(1), number(2), at(3), at(4));
    case Call::kSetsockopt:
      return syscalls.Setsockopt(number(0), number(1), number(2), at(3), length(4));
    case Call::kRecv:
      return syscalls.Recv(number(0), at(1), size(2), number(3));
    case Call::kSend:
      return syscalls.Send(number(0), at(1), size(2), number(3));
    case Call::kRecvmsg:
      return syscalls.Recvmsg(number(0), at(1), number(2));
    case Call::kSendmsg:
      return syscalls.Sendmsg(number(0), at(1), number(2));
    case Call::kRead:
      return syscalls.Read(number(0), at(1), size(2));
    case Call::kWrite:
      return syscalls.Write(number(0), at(1), size(2));
    case Call::kReadv:
      return syscalls.Readv(number(0), at(1), number(2));
    case Call::kWritev:
      return syscalls.Writev(number(0), at(1), number(2));
    case Call::kClose:
      return syscalls.Close(number(0));
    case Call::kFcntl:
      return syscalls.Fcntl(number(0), number(1), a[2]);
    case Call::kIoctl:
      return syscalls.Ioctl(number(0), static_cast<unsigned long>(a[1]), at(2));
    case Call::kDup:
      return syscalls.Dup(number(0));
    case Call::kDup3:
      return syscalls.Dup3(number(0), number(1), number(2));
    case Call::kPipe2:
      return syscalls.Pipe2(at(0), number(1));
    case Call::kSelect:
      return syscalls.Select(number(0), at(1), at(2), at(3), at(4));
    case Call::kPoll:
      return syscalls.Poll(at(0), static_cast<nfds_t>(a[1]), number(2));
    case Call::kEpollCreate1:
      return syscalls.EpollCreate1(number(0));
    case Call::kEpollCtl:
      return syscalls.EpollCtl(number(0), number(1), number(2), at(3));
    case Call::kEpollWait:
      return syscalls.EpollWait(number(0), at(1), number(2), number(3));
    case Call::kEventfd:
      return syscalls.Eventfd(static_cast<unsigned>(a[0]), number(1));
    case Call::kTimerfdCreate:
      return syscalls.TimerfdCreate(number(0), number(1));
    case Call::kTimerfdSettime:
      return syscalls.TimerfdSettime(number(0), number(1), at(2), at(3));
    case Call::kTimerfdGettime:
      return syscalls.TimerfdGettime(number(0), at(1));
    case Call::kClockGettime:
      return syscalls.ClockGettime(static_cast<clockid_t>(a[0]), at(1));
    case Call::kNanosleep:
      return syscalls.Nanosleep(at(0), at(1));
    case Call::kSigaction:
      return syscalls.Sigaction(number(0), at(1), at(2));
  }
  std::abort();  // a number that is no call
}

}  // namespace hupstorm::remote
