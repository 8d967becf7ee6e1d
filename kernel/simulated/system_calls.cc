// Which function carries out which call.

#include "kernel/simulated/calls.h"
#include "kernel/simulated/epoll.h"

namespace hupstorm {
namespace simulated {
namespace {

// An address becomes whatever pointer the function wants.
struct Address {
  int64_t value;
  template <typename T>
  operator T*() const {  // NOLINT(google-explicit-constructor): that is what it is for
    return reinterpret_cast<T*>(value);
  }
};

int64_t CarryOut(Kernel& kernel, const SystemCall& call) {
  const auto integer = [&](size_t i) { return call.Int(i); };
  const auto size = [&](size_t i) { return call.Size(i); };
  const auto length = [&](size_t i) { return static_cast<socklen_t>(call.arguments[i]); };
  const auto at = [&](size_t i) { return Address{call.arguments[i]}; };

  switch (call.call) {
    case Call::kSocket:
      return OpenSocket(kernel, integer(0), integer(1), integer(2));
    case Call::kSocketpair:
      return OpenSocketPair(kernel, integer(0), integer(1), integer(2), at(3));
    case Call::kBind:
      return BindSocket(kernel, integer(0), at(1), length(2));
    case Call::kListen:
      return ListenOn(kernel, integer(0), integer(1));
    case Call::kAccept:
      return AcceptOn(kernel, integer(0), at(1), at(2), integer(3));
    case Call::kConnect:
      return ConnectTo(kernel, integer(0), at(1), length(2));
    case Call::kShutdown:
      return ShutSocket(kernel, integer(0), integer(1));
    case Call::kGetsockname:
      return OwnName(kernel, integer(0), at(1), at(2));
    case Call::kGetpeername:
      return PeerName(kernel, integer(0), at(1), at(2));
    case Call::kGetsockopt:
      return GetOption(kernel, integer(0), integer(1), integer(2), at(3), at(4));
    case Call::kSetsockopt:
      return SetOption(kernel, integer(0), integer(1), integer(2), at(3), length(4));
    case Call::kRecv:
      return ReceiveBytes(kernel, integer(0), at(1), size(2), integer(3));
    case Call::kSend:
      return SendBytes(kernel, integer(0), at(1), size(2), integer(3));
    case Call::kRecvmsg:
      return ReceiveMessage(kernel, integer(0), at(1), integer(2));
    case Call::kSendmsg:
      return SendMessage(kernel, integer(0), at(1), integer(2));
    case Call::kRead:
      return ReadBytes(kernel, integer(0), at(1), size(2));
    case Call::kWrite:
      return WriteBytes(kernel, integer(0), at(1), size(2));
    case Call::kReadv:
      return ReadParts(kernel, integer(0), at(1), integer(2));
    case Call::kWritev:
      return WriteParts(kernel, integer(0), at(1), integer(2));
    case Call::kClose:
      return CloseFd(kernel, integer(0));
    case Call::kFcntl:
      return ControlFd(kernel, integer(0), integer(1), call.arguments[2]);
    case Call::kIoctl:
      return ControlIo(kernel, integer(0), size(1), at(2));
    case Call::kDup:
      return DuplicateFd(kernel, integer(0));
    case Call::kDup3:
      return DuplicateOnto(kernel, integer(0), integer(1), integer(2));
    case Call::kPipe2:
      return OpenPipe(kernel, at(0), integer(1));
    case Call::kSelect:
      return SelectAll(kernel, integer(0), at(1), at(2), at(3), at(4));
    case Call::kPoll:
      return PollAll(kernel, at(0), size(1), integer(2));
    case Call::kEpollCreate1:
      return OpenEpoll(kernel, integer(0));
    case Call::kEpollCtl:
      return ControlEpoll(kernel, integer(0), integer(1), integer(2), at(3));
    case Call::kEpollWait:
      return WaitEpoll(kernel, integer(0), at(1), integer(2), integer(3));
    case Call::kEventfd:
      return OpenEventfd(kernel, static_cast<unsigned>(integer(0)), integer(1));
    case Call::kTimerfdCreate:
      return OpenTimerfd(kernel, integer(0), integer(1));
    case Call::kTimerfdSettime:
      return SetTimer(kernel, integer(0), integer(1), at(2), at(3));
    case Call::kTimerfdGettime:
      return GetTimer(kernel, integer(0), at(1));
    case Call::kClockGettime:
      return ReadClock(kernel, integer(0), at(1));
    case Call::kNanosleep:
      return SleepFor(kernel, at(0), at(1));
    case Call::kSigaction:
      return kernel.signals.Action(integer(0), at(1), at(2));
    case Call::kSendfile:
      return SendFile(kernel, integer(0), integer(1), at(2), size(3));
    case Call::kSignalfd4:
      return OpenSignalfd(kernel, integer(0), at(1), size(2), integer(3));
  }
  return -ENOSYS;
}

bool IsLinuxs(const SystemCall& call) {
  if (call.call == Call::kSignalfd4) return call.Int(0) >= 0 && IsHost(call.Int(0));
  if (!IsHost(call.Int(0)) || !IsOnDescriptor(call.call)) return false;
  const bool has_two = call.call == Call::kDup3 || call.call == Call::kSendfile;
  return !has_two || IsHost(call.Int(1));
}

// Linux gives the number another meaning, whatever an epoll of ours watches it for.
void ForgetNumber(Kernel& kernel, const SystemCall& call) {
  if (call.call != Call::kClose && call.call != Call::kDup3) return;
  const int fd = call.Int(call.call == Call::kClose ? 0 : 1);
  if (fd >= 0) ForgetHostFile(kernel, fd);
}

}  // namespace
}  // namespace simulated

void SimulatedKernel::Make(SystemCall& call) {
  State& state = *state_;
  if (simulated::IsLinuxs(call)) [[unlikely]] {
    simulated::ForgetNumber(state, call);
    state.host.Make(call);
    return;
  }
  call.Return(simulated::CarryOut(state, call));
}

}  // namespace hupstorm
