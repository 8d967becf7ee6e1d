// Readiness, options, and calls on descriptors that they are not for.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "conform/builder.h"

namespace hupstorm::conform::actions {
namespace {

constexpr uint32_t kAsked[] = {
    EPOLLIN,
    EPOLLIN,
    EPOLLOUT,
    EPOLLIN | EPOLLOUT,
    EPOLLIN | EPOLLRDHUP,
    EPOLLRDHUP,
    EPOLLIN | EPOLLPRI,
    EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI,
    EPOLLPRI,
    0,
    EPOLLRDNORM | EPOLLWRNORM,
};

uint32_t Events(Random& random) {
  uint32_t events = random.OneOf(kAsked);
  if (random.Chance(50)) events |= EPOLLET;
  if (random.Chance(20)) events |= EPOLLONESHOT;
  return events;
}

int8_t PickEpoll(Builder& builder) {
  const int8_t found = builder.Pick(Bit(Role::kEpoll));
  if (found != kNoSlot && !builder.random().Chance(4)) return found;
  const int8_t made = builder.New(Role::kEpoll, true);
  if (made == kNoSlot) return found;
  builder.Add({.code = Code::kEpoll, .made = made});
  return made;
}

int8_t PickWatched(Builder& builder) {
  Random& random = builder.random();
  const int kind = random.Below(20);
  if (kind < 12) return builder.Pick(Bit(Role::kServer));
  if (kind < 15) return builder.Pick(Bit(Role::kClient));
  return builder.Pick(kind < 17 ? Bit(Role::kListener) : kAnything);
}

// The slot, and a number that tells registrations of one descriptor apart.
int32_t Data(Builder& builder, int8_t slot) { return slot + 100 * builder.random().Below(3); }

}  // namespace

void Watch(Builder& builder) {
  const int8_t epoll = PickEpoll(builder);
  const int8_t slot = PickWatched(builder);
  if (epoll == kNoSlot || slot == kNoSlot) return;
  Operation& add = builder.Add(Code::kEpollAdd, epoll);
  add.other = slot;
  add.flags = Events(builder.random());
  if (builder.random().Chance(5)) add.flags |= EPOLLEXCLUSIVE;
  add.value = Data(builder, slot);
}

void Rewatch(Builder& builder) {
  const int8_t epoll = PickEpoll(builder);
  const int8_t slot = PickWatched(builder);
  if (epoll == kNoSlot || slot == kNoSlot) return;
  if (builder.random().Chance(25)) {
    builder.Add(Code::kEpollDelete, epoll).other = slot;
    return;
  }
  Operation& modify = builder.Add(Code::kEpollModify, epoll);
  modify.other = slot;
  modify.flags = Events(builder.random());
  modify.value = Data(builder, slot);
}

void Wait(Builder& builder) {
  Random& random = builder.random();
  const int8_t epoll = builder.Pick(Bit(Role::kEpoll));
  if (epoll == kNoSlot) return;
  Operation& wait = builder.Add(Code::kEpollWait, epoll);
  wait.size = random.Chance(75) || builder.program().fills_buffers ? 64 : random.Between(0, 3);
}

void PollOrSelect(Builder& builder) {
  Random& random = builder.random();
  const bool select = random.Chance(50);
  Operation operation = {.code = select ? Code::kSelect : Code::kPoll};
  const int count = random.Between(1, kMostWatched);
  for (int i = 0; i < count; ++i) {
    const int8_t slot = builder.Pick(random.Chance(70) ? kStreams : kAnything);
    if (slot == kNoSlot) continue;
    const uint32_t events =
        random.Chance(50) ? POLLIN | POLLOUT | POLLPRI | POLLRDHUP : random.OneOf(kAsked);
    operation.watched[operation.watched_count++] = {slot, static_cast<uint16_t>(events)};
  }
  builder.program().operations.push_back(operation);
}

void SetOption(Builder& builder) {
  Random& random = builder.random();
  const int8_t slot = builder.Pick(random.Chance(70) ? kStreams : kSockets);
  if (slot == kNoSlot || builder.RoleOf(slot) == Role::kPair) return;
  const auto set = [&](int level, int name, int value) {
    builder.Add({.code = Code::kSetOption,
                 .slot = slot,
                 .flags = OptionIndex(level, name),
                 .value = value});
  };
  switch (random.Below(18)) {
    case 0:
    case 1:
      return set(SOL_SOCKET, SO_OOBINLINE, random.Below(2));
    case 2:
    case 3:
    case 4:
      return set(SOL_SOCKET, SO_RCVLOWAT, random.Chance(90) ? random.Between(0, 20) : 300);
    case 5:
      return set(SOL_SOCKET, SO_LINGER, random.Chance(50) ? 0 : -1);
    case 6:
      return set(SOL_SOCKET, SO_KEEPALIVE, random.Below(2));
    case 7:
      return set(SOL_SOCKET, SO_SNDBUF, random.Between(0, 70'000));
    case 8:
      return set(SOL_SOCKET, SO_RCVBUF, random.Between(70'000, 200'000));
    case 9:
      return set(SOL_SOCKET, SO_REUSEADDR, random.Below(3));
    case 10: {
      const int value = random.Between(-1, 200);
      return set(IPPROTO_TCP, random.Chance(50) ? TCP_KEEPIDLE : TCP_KEEPCNT, value);
    }
    case 11:
    case 12:
      return set(IPPROTO_TCP, TCP_CORK, random.Below(2));
    case 13:
      return set(IPPROTO_TCP, TCP_LINGER2, random.Chance(50) ? -1 : random.Between(0, 130));
    case 14:
      // Far from what these programs send.
      return set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, random.Between(100'000, 1'000'000));
    case 15: {
      static constexpr int kNames[] = {IP_TOS, IP_TTL, IP_RECVTOS};
      return set(IPPROTO_IP, random.OneOf(kNames), random.Between(-2, 300));
    }
    case 16: {
      static constexpr int kNames[] = {TCP_SYNCNT, TCP_SAVE_SYN, TCP_FASTOPEN};
      return set(IPPROTO_TCP, random.OneOf(kNames), random.Between(-1, 200));
    }
    case 17: {
      static constexpr int kNames[] = {SO_PRIORITY, SO_ZEROCOPY};
      return set(SOL_SOCKET, random.OneOf(kNames), random.Between(0, 6));
    }
    default: {
      const int value = random.Between(-1, 40'000);
      return set(IPPROTO_TCP, random.Chance(50) ? TCP_KEEPINTVL : TCP_USER_TIMEOUT, value);
    }
  }
}

void GetOption(Builder& builder) {
  Random& random = builder.random();
  const int8_t slot = builder.Pick(random.Chance(85) ? kStreams : kSockets);
  if (slot == kNoSlot) return;
  uint32_t option = OptionIndex(SOL_SOCKET, SO_ERROR);
  if (random.Chance(35) && builder.RoleOf(slot) != Role::kPair) {
    option = static_cast<uint32_t>(random.Below(static_cast<int>(Options().size())));
  }
  builder.Add(Code::kGetOption, slot).flags = option;
}

void Inspect(Builder& builder) {
  static constexpr Code kLooks[] = {Code::kUnread, Code::kUnread,        Code::kAtMark,
                                    Code::kUnsent, Code::kOwnName,       Code::kPeerName,
                                    Code::kFlags,  Code::kSetNonBlocking};
  Random& random = builder.random();
  const int8_t slot = builder.Pick(random.Chance(85) ? kStreams : kAnything);
  if (slot == kNoSlot) return;
  Code code = random.OneOf(kLooks);
  if (code == Code::kUnsent && !builder.asks_unsent) code = Code::kUnread;
  Operation& look = builder.Add(code, slot);
  if (code != Code::kSetNonBlocking) return;
  look.value = random.Chance(70) || builder.RoleOf(slot) == Role::kListener;
  builder.SetNonBlocking(slot, look.value != 0);
}

void Misuse(Builder& builder) {
  static constexpr Code kCalls[] = {
      Code::kSendmmsg,  Code::kRecvmmsg, Code::kSendfile,    Code::kAccept,      Code::kConnect,
      Code::kListen,    Code::kShutdown, Code::kSend,        Code::kRecv,        Code::kRead,
      Code::kWrite,     Code::kUnread,   Code::kAtMark,      Code::kOwnName,     Code::kPeerName,
      Code::kGetOption, Code::kEpollAdd, Code::kEpollModify, Code::kEpollDelete, Code::kEpollWait,
      Code::kGetTimer,  Code::kFlags,    Code::kSetTimer,
  };
  Random& random = builder.random();
  const int8_t slot = random.Chance(95) ? builder.Pick(kAnything) : kNoSlot;
  const int8_t other = random.Chance(95) ? builder.Pick(kAnything) : kNoSlot;
  Operation& call = builder.Add(random.OneOf(kCalls), slot);
  call.other = other;
  call.size = random.Below(9);
  switch (call.code) {
    case Code::kAccept:
      call.made = kSpareSlot;
      call.flags = random.Chance(50) ? SOCK_NONBLOCK : 1;
      break;
    case Code::kListen:
      if (builder.roomy) call.size = 64;
      break;
    case Code::kConnect:
      if (builder.roomy) break;
      call.slot = slot != kNoSlot && !builder.MayBlock(slot) ? slot : kNoSlot;
      break;
    case Code::kShutdown:
      call.flags = static_cast<uint32_t>(random.Below(4));
      break;
    case Code::kSend:
    case Code::kRecv:
    case Code::kSendmmsg:
    case Code::kRecvmmsg:
      call.flags = MSG_DONTWAIT;
      break;
    case Code::kEpollAdd:
    case Code::kEpollModify:
      call.flags = Events(random);
      call.value = Data(builder, other == kNoSlot ? 0 : other);
      break;
    case Code::kSetTimer:
      call.value = random.Below(3);
      break;
    default:
      break;
  }
}

}  // namespace hupstorm::conform::actions
