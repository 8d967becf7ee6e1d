#include "conform/machine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "base/system_error.h"

namespace hupstorm::conform {
namespace {

constexpr int kNeverOpen = 1'000'000;
constexpr uint16_t kPortOfNobody = 1;

constexpr int64_t kHour = 3600;

volatile sig_atomic_t g_sigpipes = 0;

sockaddr_in AddressOf(uint32_t ip, uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(ip);
  address.sin_port = htons(port);
  return address;
}

// Nagle's algorithm would make what arrives depend on time.
void SendAtOnce(Syscalls& kernel, int fd) {
  const int on = 1;
  Invoke<Call::kSetsockopt>(kernel, fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

// Its close is a reset.
void LingerNot(Syscalls& kernel, int fd) {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

// Terms of calls, as numbers.
struct Numbers {
  int64_t Number(int64_t number) const { return number; }
  int64_t Named(int64_t number, const char*) const { return number; }
  int64_t Flags(int flags, std::string (*)(int)) const { return flags; }
  int64_t Fd(int slot) const { return machine.fd(slot); }
  int64_t FdOrNone(int slot) const { return machine.IsOpen(slot) ? machine.fd(slot) : -1; }
  template <typename T>
  int64_t At(T Memory::*field, const char*) const {
    return reinterpret_cast<int64_t>(&(memory.*field));
  }
  template <typename T>
  int64_t Value(T Memory::*field, const char*) const {
    return memory.*field;
  }
  int64_t File() const { return machine.file(); }
  int64_t Bytes() const { return reinterpret_cast<int64_t>(bytes); }
  SystemCall Make(int64_t call, std::initializer_list<int64_t> arguments) const {
    SystemCall made = {.call = static_cast<Call>(call)};
    std::copy(arguments.begin(), arguments.end(), made.arguments.begin());
    return made;
  }

  const Machine& machine;
  Memory& memory;
  std::byte* bytes;
};

}  // namespace

Machine::Machine(Syscalls& kernel, int patience_ms)
    : kernel_(kernel),
      patience_ms_(patience_ms),
      file_(CheckSystemCall(memfd_create("hupstorm-conform", MFD_CLOEXEC), "memfd_create")),
      buffer_(64 * 1024) {
  FillPattern(0, buffer_.size());
  CheckSystemCall(write(file_.get(), buffer_.data(), buffer_.size()), "write");
}

void Machine::Start(uint32_t ip, bool fills_buffers) {
  ip_ = ip;
  fills_buffers_ = fills_buffers;
  slots_.fill({});
  struct sigaction action = {};
  action.sa_handler = [](int) { g_sigpipes = g_sigpipes + 1; };
  Invoke<Call::kSigaction>(kernel_, SIGPIPE, &action, nullptr);
}

void Machine::Finish() {
  for (Slot& slot : slots_) {
    if (slot.fd < 0) continue;
    LingerNot(kernel_, slot.fd);
    Invoke<Call::kClose>(kernel_, slot.fd);
    slot.fd = -1;
  }
}

int Machine::fd(int slot) const { return IsOpen(slot) ? At(slot).fd : kNeverOpen; }

bool Machine::IsTcp(int slot) const {
  return IsOpen(slot) && (MadeBy(slot) == Code::kListener || MadeBy(slot) == Code::kSocket ||
                          MadeBy(slot) == Code::kAccept);
}

void Machine::Put(int8_t slot, int fd, Code made_by) {
  if (IsOpen(slot)) Invoke<Call::kClose>(kernel_, At(slot).fd);
  At(slot) = {.fd = fd, .made_by = made_by, .origin = slot};
}

int64_t Machine::Result(int64_t result, Outcome* outcome) {
  outcome->result = result;
  outcome->error = result == -1 ? errno : 0;
  return result;
}

void Machine::Do(const Operation& op, Outcome* outcome) {
  *outcome = {};
  const int sigpipes_before = g_sigpipes;
  switch (op.code) {
    case Code::kListener:
      MakeListener(op, outcome);
      break;
    case Code::kFill:
      Fill(op, outcome);
      break;
    case Code::kDrain:
      Drain(op, outcome);
      break;
    default:
      Prepare(op);
      Result(Invoke(kernel_, CallOf(op, Numbers{*this, memory_, buffer_.data()})), outcome);
      Take(op, outcome);
      break;
  }
  outcome->sigpipes = g_sigpipes - sigpipes_before;
}

void Machine::MakeListener(const Operation& op, Outcome* outcome) {
  const int made = Invoke<Call::kSocket>(kernel_, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (Result(made, outcome) < 0) return;
  Put(op.made, made, op.code);
  SendAtOnce(kernel_, made);
  sockaddr_in address = AddressOf(ip_, 0);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof(address);
  if (Result(Invoke<Call::kBind>(kernel_, made, raw, length), outcome) < 0) return;
  if (Result(Invoke<Call::kListen>(kernel_, made, op.size), outcome) < 0) return;
  Invoke<Call::kGetsockname>(kernel_, made, raw, &length);
  At(op.made).port = ntohs(address.sin_port);
}

void Machine::Prepare(const Operation& op) {
  memory_ = {};
  const auto size = static_cast<size_t>(op.size);
  const size_t first = size / 3;
  memory_.parts[0] = {.iov_base = buffer_.data(), .iov_len = first};
  memory_.parts[1] = {.iov_base = buffer_.data() + first, .iov_len = size - first};
  memory_.message.msg_iov = memory_.parts;
  memory_.message.msg_iovlen = 2;
  for (int i = 0; i < 2; ++i) {
    memory_.messages[i].msg_hdr.msg_iov = &memory_.parts[i];
    memory_.messages[i].msg_hdr.msg_iovlen = 1;
  }
  memory_.offset = IsOpen(op.slot) ? static_cast<off_t>(At(op.slot).sent % kPattern) : 0;
  memory_.length = sizeof(memory_.name);
  memory_.event = {.events = op.flags, .data = {.u64 = static_cast<uint64_t>(op.value)}};
  if (op.value == 1) memory_.timer.it_value.tv_nsec = 1;
  if (op.value == 2) memory_.timer.it_value.tv_sec = kHour;
  if (IsReceive(op.code)) std::fill_n(buffer_.begin(), size, std::byte{0});
  if (IsSend(op.code)) {
    FillPattern(IsOpen(op.slot) ? At(op.slot).sent : 0, size);
    if (MadeBy(op.slot == kNoSlot ? 0 : op.slot) == Code::kEventfd && size == sizeof(uint64_t)) {
      // A count that it can hold.
      std::fill_n(buffer_.begin(), size, std::byte{0});
      buffer_[0] = std::byte{1};
    }
  }
  switch (op.code) {
    case Code::kReset:
      LingerNot(kernel_, fd(op.slot));
      break;
    case Code::kConnect: {
      const uint16_t port = op.other == kNoSlot ? 0 : At(op.other).port;
      memory_.name = AddressOf(ip_, port != 0 ? port : kPortOfNobody);
      break;
    }
    case Code::kSetOption:
      memory_.values[0] = op.value;
      memory_.length = sizeof(int);
      if (op.flags != OptionIndex(SOL_SOCKET, SO_LINGER)) break;
      memory_.values[0] = op.value >= 0;  // a linger
      memory_.values[1] = std::max(op.value, 0);
      memory_.length = sizeof(linger);
      break;
    case Code::kGetOption:
      memory_.length = sizeof(memory_.values);
      break;
    case Code::kPoll: {
      pollfd* entry = memory_.polled;
      for (const auto& [slot, events] : op.all_watched()) {
        *entry++ = {.fd = fd(slot), .events = static_cast<int16_t>(events), .revents = 0};
      }
      break;
    }
    case Code::kSelect:
      for (const auto& [slot, events] : op.all_watched()) {
        if (!FitsSets(slot)) continue;
        memory_.highest = std::max(memory_.highest, fd(slot) + 1);
        for (const WatchedSet& each : kWatchedSets) {
          if ((events & each.events) != 0) FD_SET(fd(slot), &(memory_.*each.set));
        }
      }
      break;
    default:
      break;
  }
}

void Machine::Take(const Operation& op, Outcome* outcome) {
  const int64_t result = outcome->result;
  if (op.slot != kNoSlot) {
    if (op.code == Code::kShutdown && op.flags != SHUT_WR) At(op.slot).read_shut = true;
    if (op.code == Code::kClose || op.code == Code::kReset) At(op.slot).fd = -1;
  }
  if (op.code == Code::kConnect && IsOpen(op.slot) && MadeBy(op.slot) == Code::kSocket) {
    socklen_t length = sizeof(memory_.name);
    if (Invoke<Call::kGetsockname>(kernel_, fd(op.slot), reinterpret_cast<sockaddr*>(&memory_.name),
                                   &length) == 0) {
      At(op.slot).port = ntohs(memory_.name.sin_port);
    }
  }
  if (result < 0) return;
  switch (op.code) {
    case Code::kGetOption:
      outcome->AddValue(memory_.length);
      for (size_t i = 0; i < memory_.length / sizeof(int); ++i) {
        outcome->AddValue(memory_.values[i]);
      }
      break;
    case Code::kUnread:
    case Code::kAtMark:
    case Code::kUnsent:
      outcome->AddValue(memory_.values[0]);
      break;
    case Code::kOwnName:
    case Code::kPeerName:
      AddName(outcome);
      break;
    case Code::kSetTimer:
    case Code::kGetTimer:
      // Time passes on Linux only, so only whether the timer runs is told.
      outcome->AddValue(memory_.now.it_value.tv_sec != 0 || memory_.now.it_value.tv_nsec != 0);
      outcome->AddValue(memory_.now.it_interval.tv_sec);
      break;
    case Code::kEpollWait:
      for (int64_t i = 0; i < result; ++i) {
        outcome->events.push_back({memory_.events[i].data.u64, memory_.events[i].events});
      }
      break;
    case Code::kPoll:
      for (size_t i = 0; i < op.watched_count; ++i) {
        outcome->events.push_back({static_cast<uint64_t>(op.watched[i].slot),
                                   static_cast<uint16_t>(memory_.polled[i].revents)});
      }
      break;
    case Code::kSelect:
      for (const auto& [slot, asked] : op.all_watched()) {
        if (!FitsSets(slot)) continue;
        uint32_t events = 0;
        for (const WatchedSet& each : kWatchedSets) {
          if (FD_ISSET(fd(slot), &(memory_.*each.set))) events |= each.events;
        }
        outcome->events.push_back({static_cast<uint64_t>(slot), events});
      }
      break;
    default:
      if (op.made != kNoSlot || op.code == Code::kDup3) TakeDescriptors(op, outcome);
      if (IsReceive(op.code)) TakeReceived(op, outcome);
      if (op.code == Code::kSendmmsg) {
        for (int64_t i = 0; i < result; ++i) outcome->AddValue(memory_.messages[i].msg_len);
      }
      if (IsSend(op.code) && IsOpen(op.slot)) At(op.slot).sent += Moved(op, *outcome);
      break;
  }
}

// The numbers differ between kernels.
void Machine::TakeDescriptors(const Operation& op, Outcome* outcome) {
  const int made = static_cast<int>(std::exchange(outcome->result, 0));
  const Slot of = op.slot != kNoSlot ? At(op.slot) : Slot();
  if (op.code == Code::kDup3) {  // which has closed what was there
    At(op.other) = {.fd = made, .made_by = of.made_by, .origin = of.origin};
  } else if (op.code == Code::kDup) {
    Put(op.made, made, of.made_by);
    At(op.made).origin = of.origin;
  } else if (memory_.pair[0] >= 0) {
    Put(op.made, memory_.pair[0], op.code);
    Put(op.other, memory_.pair[1], op.code);
  } else {
    Put(op.made, made, op.code);
  }
  if (op.code == Code::kSocket) SendAtOnce(kernel_, made);
  if (op.code != Code::kAccept) return;
  AddName(outcome);
  for (int8_t i = 0; i < kSlots; ++i) {
    const bool other = i != op.made && At(i).made_by == Code::kSocket;
    if (!other || At(i).port != ntohs(memory_.name.sin_port)) continue;
    At(op.made).partner = i;
    At(i).partner = op.made;
  }
}

void Machine::AddName(Outcome* outcome) {
  const sockaddr_in& name = memory_.name;
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
  outcome->AddValue(memory_.length);
  if (memory_.length != sizeof(name)) return;  // of a socket that is not TCP's
  outcome->AddValue(owner);
  outcome->AddValue(place);
}

}  // namespace hupstorm::conform
