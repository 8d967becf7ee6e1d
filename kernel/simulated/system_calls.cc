// Which function carries out which call.

#include <sys/syscall.h>
#include <unistd.h>

#include <iterator>
#include <type_traits>
#include <utility>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/epoll.h"

namespace hupstorm {
namespace simulated {
namespace {

template <typename T>
T As(int64_t argument) {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<T>(argument);
  } else {
    return static_cast<T>(argument);
  }
}

// Calls a function with the arguments of a system call, each in the type of the parameter.
template <auto kFunction>
struct Handler;
template <typename Result, typename... Types, Result (*kFunction)(Kernel&, Types...)>
struct Handler<kFunction> {
  static constexpr size_t kArguments = sizeof...(Types);

  static int64_t Handle(Kernel& kernel, const SystemCall& call) {
    return [&]<size_t... kIndex>(std::index_sequence<kIndex...>) {
      return kFunction(kernel, As<Types>(call.arguments[kIndex])...);
    }
    (std::index_sequence_for<Types...>());
  }
};

struct Row {
  Call call;
  int64_t (*handle)(Kernel& kernel, const SystemCall& call);
};

template <Call kCall, auto kFunction>
constexpr Row RowFor() {
  static_assert(Handler<kFunction>::kArguments == RowOf(kCall).argument_count());
  return {kCall, Handler<kFunction>::Handle};
}

int SetAction(Kernel& kernel, int signal, const struct sigaction* action, struct sigaction* old) {
  return kernel.signals.Action(signal, action, old);
}

// In the order of Call.
constexpr Row kRows[] = {
    RowFor<Call::kSocket, OpenSocket>(),
    RowFor<Call::kSocketpair, OpenSocketPair>(),
    RowFor<Call::kBind, BindSocket>(),
    RowFor<Call::kListen, ListenOn>(),
    RowFor<Call::kAccept, AcceptOn>(),
    RowFor<Call::kConnect, ConnectTo>(),
    RowFor<Call::kShutdown, ShutSocket>(),
    RowFor<Call::kGetsockname, OwnName>(),
    RowFor<Call::kGetpeername, PeerName>(),
    RowFor<Call::kGetsockopt, GetOption>(),
    RowFor<Call::kSetsockopt, SetOption>(),
    RowFor<Call::kRecv, ReceiveBytes>(),
    RowFor<Call::kSend, SendBytes>(),
    RowFor<Call::kRecvmsg, ReceiveMessage>(),
    RowFor<Call::kSendmsg, SendMessage>(),
    RowFor<Call::kRead, ReadBytes>(),
    RowFor<Call::kWrite, WriteBytes>(),
    RowFor<Call::kReadv, ReadParts>(),
    RowFor<Call::kWritev, WriteParts>(),
    RowFor<Call::kClose, CloseFd>(),
    RowFor<Call::kFcntl, ControlFd>(),
    RowFor<Call::kIoctl, ControlIo>(),
    RowFor<Call::kDup, DuplicateFd>(),
    RowFor<Call::kDup3, DuplicateOnto>(),
    RowFor<Call::kPipe2, OpenPipe>(),
    RowFor<Call::kSelect, SelectAll>(),
    RowFor<Call::kPoll, PollAll>(),
    RowFor<Call::kEpollCreate1, OpenEpoll>(),
    RowFor<Call::kEpollCtl, ControlEpoll>(),
    RowFor<Call::kEpollWait, WaitEpoll>(),
    RowFor<Call::kEventfd, OpenEventfd>(),
    RowFor<Call::kTimerfdCreate, OpenTimerfd>(),
    RowFor<Call::kTimerfdSettime, SetTimer>(),
    RowFor<Call::kTimerfdGettime, GetTimer>(),
    RowFor<Call::kClockGettime, ReadClock>(),
    RowFor<Call::kNanosleep, SleepFor>(),
    RowFor<Call::kSigaction, SetAction>(),
    RowFor<Call::kSendfile, SendFile>(),
    RowFor<Call::kSignalfd4, OpenSignalfd>(),
    RowFor<Call::kRecvmmsg, ReceiveMessages>(),
    RowFor<Call::kSendmmsg, SendMessages>(),
    RowFor<Call::kPrlimit64, SetLimits>(),
    RowFor<Call::kSplice, Splice>(),
    RowFor<Call::kTee, Tee>(),
};
static_assert(std::size(kRows) == kCallCount);
static_assert([] {
  for (int i = 0; i < kCallCount; ++i) {
    if (kRows[i].call != static_cast<Call>(i)) return false;
  }
  return true;
}());

// Linux gives the number another meaning, whatever an epoll of ours watches it for.
void ForgetNumber(Kernel& kernel, const SystemCall& call) {
  if (call.call != Call::kClose && call.call != Call::kDup3) return;
  ForgetHostFile(kernel, call.Int(call.call == Call::kClose ? 0 : 1));
}

// Makes a call on Linux that may raise SIGPIPE: a signal of Linux's own would end the harness, and
// what the server wants of SIGPIPE is known here.
void MakeWithoutSigpipe(Kernel& kernel, SystemCall& call) {
  const uint64_t sigpipe = Signals::Bit(SIGPIPE);
  uint64_t former = 0;
  constexpr long kSetBytes = sizeof sigpipe;
  syscall(SYS_rt_sigprocmask, static_cast<long>(SIG_BLOCK), &sigpipe, &former, kSetBytes);
  kernel.host.Make(call);
  bool raised = false;
  if (call.error == EPIPE && (former & sigpipe) == 0) {
    const timespec at_once = {};
    raised = syscall(SYS_rt_sigtimedwait, &sigpipe, nullptr, &at_once, kSetBytes) == SIGPIPE;
  }
  syscall(SYS_rt_sigprocmask, static_cast<long>(SIG_SETMASK), &former, nullptr, kSetBytes);
  if (raised) kernel.signals.RaiseSigpipe();
}

// For a call whose first argument would be a descriptor of Linux's: makes it there if all of its
// descriptors are. False if not, and if it takes none. Never inlined, as few calls come here.
[[gnu::noinline]] bool MakeOnLinux(Kernel& kernel, SystemCall& call) {
  if (!IsOnDescriptor(call.call)) return false;
  const CallRow& row = RowOf(call.call);
  for (size_t i = 1; i < row.argument_count(); ++i) {
    if (row.arguments[i].kind == ArgumentKind::kFd && !IsHost(call.Int(i))) return false;
  }
  ForgetNumber(kernel, call);
  if (FamilyOf(call.call) == CallFamily::kSend) {
    MakeWithoutSigpipe(kernel, call);
  } else {
    kernel.host.Make(call);
  }
  const bool has_room = kernel.owner_limit == DrivenKernel::kNoDescriptorLimit ||
                        kernel.descriptors.LowestFree() >= 0;
  if (call.call == Call::kClose && call.result == 0 && !has_room) {
    kernel.given_up.push_back(call.Int(0));
  }
  return true;
}

}  // namespace
}  // namespace simulated

void SimulatedKernel::Make(SystemCall& call) {
  if (simulated::IsHost(call.Int(0)) && simulated::MakeOnLinux(*state_, call)) return;
  if (!state_->given_up.empty()) [[unlikely]]
    simulated::ApplyDescriptorLimit(*state_);
  call.Return(simulated::kRows[static_cast<size_t>(call.call)].handle(*state_, call));
}

}  // namespace hupstorm
