#include "conform/machine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>

namespace hupstorm::conform {
namespace {

constexpr int kNeverOpen = 1'000'000;
constexpr uint16_t kPortOfNobody = 1;

volatile sig_atomic_t g_sigpipes = 0;

sockaddr_in AddressOf(uint32_t ip, uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(ip);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

void SigpipeCounter::Install(Syscalls& kernel) {
  struct sigaction action = {};
  action.sa_handler = [](int) { g_sigpipes = g_sigpipes + 1; };
  Invoke<Call::kSigaction>(kernel, SIGPIPE, &action, nullptr);
}

int SigpipeCounter::seen() { return g_sigpipes; }

Machine::Machine(Syscalls& kernel, int patience_ms)
    : kernel_(kernel), patience_ms_(patience_ms), buffer_(64 * 1024) {}

void Machine::Start(uint32_t ip, bool fills_buffers) {
  ip_ = ip;
  fills_buffers_ = fills_buffers;
  slots_.fill({});
}

void Machine::Finish() {
  for (Slot& slot : slots_) {
    if (slot.fd < 0) continue;
    const linger at_once = {.l_onoff = 1, .l_linger = 0};
    Invoke<Call::kSetsockopt>(kernel_, slot.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    Invoke<Call::kClose>(kernel_, slot.fd);
    slot.fd = -1;
  }
}

int Machine::fd(int slot) const {
  return IsOpen(slot) ? slots_[static_cast<size_t>(slot)].fd : kNeverOpen;
}

bool Machine::IsTcp(int slot) const {
  if (!IsOpen(slot)) return false;
  const Code made_by = MadeBy(slot);
  return made_by == Code::kListener || made_by == Code::kSocket || made_by == Code::kAccept;
}

int8_t Machine::Partner(int slot) const {
  return slot == kNoSlot ? kNoSlot : slots_[static_cast<size_t>(slot)].partner;
}

void Machine::Put(int slot, int fd, Code made_by) {
  if (IsOpen(slot)) Invoke<Call::kClose>(kernel_, At(slot).fd);
  At(slot) = {};
  At(slot).fd = fd;
  At(slot).made_by = made_by;
  At(slot).origin = static_cast<int8_t>(slot);
}

int Machine::Result(int64_t result, Outcome* outcome) {
  outcome->result = result;
  outcome->error = result == -1 ? errno : 0;
  return static_cast<int>(result);
}

void Machine::Do(const Operation& op, Outcome* outcome) {
  outcome->Clear();
  const int sigpipes_before = g_sigpipes;
  switch (op.code) {
    case Code::kListener:
      MakeListener(op, outcome);
      break;
    case Code::kAccept:
      Accept(op, outcome);
      break;
    case Code::kSocket:
    case Code::kDup:
    case Code::kPipe:
    case Code::kSocketpair:
    case Code::kEventfd:
    case Code::kTimerfd:
    case Code::kEpoll:
      Make(op, outcome);
      break;
    case Code::kConnect:
      Connect(op, outcome);
      break;
    case Code::kListen:
      Result(Invoke<Call::kListen>(kernel_, fd(op.slot), op.size), outcome);
      break;
    case Code::kShutdown:
      Result(Invoke<Call::kShutdown>(kernel_, fd(op.slot), static_cast<int>(op.flags)), outcome);
      if (op.slot != kNoSlot && op.flags != SHUT_WR) At(op.slot).read_shut = true;
      break;
    case Code::kReset: {
      const linger at_once = {.l_onoff = 1, .l_linger = 0};
      Invoke<Call::kSetsockopt>(kernel_, fd(op.slot), SOL_SOCKET, SO_LINGER, &at_once,
                                sizeof(at_once));
      [[fallthrough]];
    }
    case Code::kClose:
      Result(Invoke<Call::kClose>(kernel_, fd(op.slot)), outcome);
      if (op.slot != kNoSlot) At(op.slot).fd = -1;
      break;
    case Code::kDup3:
      Dup3(op, outcome);
      break;
    case Code::kSend:
    case Code::kWrite:
    case Code::kWritev:
    case Code::kSendmsg:
      Send(op, outcome);
      break;
    case Code::kRecv:
    case Code::kRead:
    case Code::kReadv:
    case Code::kRecvmsg:
      Receive(op, outcome);
      break;
    case Code::kFill:
      Fill(op, outcome);
      break;
    case Code::kDrain:
      Drain(op, outcome);
      break;
    case Code::kSetOption:
      SetOption(op, outcome);
      break;
    case Code::kGetOption:
      GetOption(op, outcome);
      break;
    case Code::kSetNonBlocking:
    case Code::kFlags:
    case Code::kUnread:
    case Code::kAtMark:
    case Code::kUnsent:
      Control(op, outcome);
      break;
    case Code::kOwnName:
    case Code::kPeerName:
      Name(op, outcome);
      break;
    case Code::kSetTimer:
    case Code::kGetTimer:
      Timer(op, outcome);
      break;
    case Code::kEpollAdd:
    case Code::kEpollModify:
    case Code::kEpollDelete:
    case Code::kEpollWait:
      Epoll(op, outcome);
      break;
    case Code::kPoll:
      Poll(op, outcome);
      break;
    case Code::kSelect:
      Select(op, outcome);
      break;
  }
  outcome->sigpipes = g_sigpipes - sigpipes_before;
}

void Machine::Make(const Operation& op, Outcome* outcome) {
  const int flags = static_cast<int>(op.flags);
  int fds[2] = {-1, -1};
  int result = 0;
  switch (op.code) {
    case Code::kSocket: {
      result = fds[0] = Invoke<Call::kSocket>(kernel_, AF_INET, SOCK_STREAM | flags, 0);
      const int on = 1;
      // Nagle's algorithm would make what arrives depend on time.
      if (result >= 0)
        Invoke<Call::kSetsockopt>(kernel_, result, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      break;
    }
    case Code::kDup:
      result = fds[0] = Invoke<Call::kDup>(kernel_, fd(op.slot));
      break;
    case Code::kPipe:
      result = Invoke<Call::kPipe2>(kernel_, fds, flags);
      break;
    case Code::kSocketpair:
      result = Invoke<Call::kSocketpair>(kernel_, AF_UNIX, SOCK_STREAM | flags, 0, fds);
      break;
    case Code::kEventfd:
      result = fds[0] = Invoke<Call::kEventfd>(kernel_, static_cast<unsigned>(op.value), flags);
      break;
    case Code::kTimerfd:
      result = fds[0] = Invoke<Call::kTimerfdCreate>(kernel_, CLOCK_MONOTONIC, flags);
      break;
    default:
      result = fds[0] = Invoke<Call::kEpollCreate1>(kernel_, 0);
      break;
  }
  Result(result < 0 ? -1 : 0, outcome);
  if (result < 0) return;
  // A copy is what it is a copy of.
  const Code made_by = op.code == Code::kDup ? MadeBy(op.slot) : op.code;
  const int8_t origin = op.code == Code::kDup ? Origin(op.slot) : op.made;
  Put(op.made, fds[0], made_by);
  At(op.made).origin = origin;
  if (fds[1] >= 0) Put(op.other, fds[1], made_by);
}

void Machine::MakeListener(const Operation& op, Outcome* outcome) {
  const int made = Invoke<Call::kSocket>(kernel_, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (Result(made, outcome) < 0) return;
  Put(op.made, made, op.code);
  const int on = 1;
  Invoke<Call::kSetsockopt>(kernel_, made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address = AddressOf(ip_, 0);
  if (Result(Invoke<Call::kBind>(kernel_, made, reinterpret_cast<sockaddr*>(&address),
                                 sizeof(address)),
             outcome) < 0) {
    return;
  }
  if (Result(Invoke<Call::kListen>(kernel_, made, op.size), outcome) < 0) return;
  socklen_t length = sizeof(address);
  Invoke<Call::kGetsockname>(kernel_, made, reinterpret_cast<sockaddr*>(&address), &length);
  At(op.made).port = ntohs(address.sin_port);
}

void Machine::Accept(const Operation& op, Outcome* outcome) {
  sockaddr_in address = {};
  socklen_t length = sizeof(address);
  const int made =
      Invoke<Call::kAccept>(kernel_, fd(op.slot), reinterpret_cast<sockaddr*>(&address), &length,
                            static_cast<int>(op.flags));
  if (Result(made < 0 ? -1 : 0, outcome) < 0) return;
  Put(op.made, made, op.code);
  AddName(address, length, outcome);
  for (int8_t i = 0; i < kSlots; ++i) {
    if (i == op.made || At(i).port != ntohs(address.sin_port) || At(i).made_by != Code::kSocket) {
      continue;
    }
    At(op.made).partner = i;
    At(i).partner = op.made;
  }
}

void Machine::Connect(const Operation& op, Outcome* outcome) {
  const uint16_t port = op.other == kNoSlot ? kPortOfNobody : At(op.other).port;
  const sockaddr_in to = AddressOf(ip_, port != 0 ? port : kPortOfNobody);
  Result(Invoke<Call::kConnect>(kernel_, fd(op.slot), reinterpret_cast<const sockaddr*>(&to),
                                sizeof(to)),
         outcome);
  if (!IsOpen(op.slot) || MadeBy(op.slot) != Code::kSocket) return;
  sockaddr_in own = {};
  socklen_t length = sizeof(own);
  if (Invoke<Call::kGetsockname>(kernel_, fd(op.slot), reinterpret_cast<sockaddr*>(&own),
                                 &length) == 0) {
    At(op.slot).port = ntohs(own.sin_port);
  }
}

void Machine::Dup3(const Operation& op, Outcome* outcome) {
  const int wanted = IsOpen(op.other) ? fd(op.other) : -1;
  const int result = Invoke<Call::kDup3>(kernel_, fd(op.slot), wanted, static_cast<int>(op.flags));
  if (Result(result < 0 ? -1 : 0, outcome) < 0) return;
  const Code made_by = MadeBy(op.slot);
  const int8_t origin = Origin(op.slot);
  At(op.other) = {};
  At(op.other).fd = result;
  At(op.other).made_by = made_by;
  At(op.other).origin = origin;
}

void Machine::SetOption(const Operation& op, Outcome* outcome) {
  const Option& option = Options()[op.flags];
  const void* value = &op.value;
  socklen_t length = sizeof(op.value);
  const linger wanted = {.l_onoff = op.value >= 0, .l_linger = std::max(op.value, 0)};
  if (option.level == SOL_SOCKET && option.name == SO_LINGER) {
    value = &wanted;
    length = sizeof(wanted);
  }
  Result(Invoke<Call::kSetsockopt>(kernel_, fd(op.slot), option.level, option.name, value, length),
         outcome);
}

void Machine::GetOption(const Operation& op, Outcome* outcome) {
  const Option& option = Options()[op.flags];
  int values[2] = {-1, -1};
  socklen_t length = sizeof(values);
  if (Result(Invoke<Call::kGetsockopt>(kernel_, fd(op.slot), option.level, option.name, values,
                                       &length),
             outcome) == 0) {
    outcome->AddValue(length);
    for (size_t i = 0; i < length / sizeof(int); ++i) outcome->AddValue(values[i]);
  }
}

void Machine::AddName(const sockaddr_in& name, socklen_t length, Outcome* outcome) {
  int64_t owner = -1;
  for (int i = 0; i < kSlots; ++i) {
    if (At(i).port != 0 && At(i).port == ntohs(name.sin_port)) owner = i;
  }
  if (name.sin_port == 0) owner = -2;
  const uint32_t ip = ntohl(name.sin_addr.s_addr);
  int64_t place = 3;
  if (ip == INADDR_ANY) place = 0;
  if (ip == INADDR_LOOPBACK) place = 1;
  if (ip == ip_) place = 2;
  outcome->AddValue(length);
  if (length != sizeof(name)) return;  // of a socket that is not TCP's
  outcome->AddValue(owner);
  outcome->AddValue(place);
}

void Machine::Name(const Operation& op, Outcome* outcome) {
  sockaddr_in name = {};
  socklen_t length = sizeof(name);
  sockaddr* const to = reinterpret_cast<sockaddr*>(&name);
  const int result = op.code == Code::kOwnName
                         ? Invoke<Call::kGetsockname>(kernel_, fd(op.slot), to, &length)
                         : Invoke<Call::kGetpeername>(kernel_, fd(op.slot), to, &length);
  if (Result(result, outcome) == 0) AddName(name, length, outcome);
}

}  // namespace hupstorm::conform
