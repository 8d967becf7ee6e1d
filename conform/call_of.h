// The system call that an operation is, told once: a Machine makes it, of numbers, and a TestWriter
// writes it, of texts.

#ifndef HUPSTORM_CONFORM_CALL_OF_H_
#define HUPSTORM_CONFORM_CALL_OF_H_

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include <stdexcept>

#include "conform/program.h"
#include "kernel/call_table.h"
#include "kernel/trace/symbols.h"

namespace hupstorm::conform {

// What calls point to, besides the bytes that they move.
struct Memory {
  iovec parts[2] = {};
  msghdr message = {};
  mmsghdr messages[2] = {};
  off_t offset = 0;          // into the file of sendfile
  int values[2] = {-1, -1};  // of an option or of ioctl
  sockaddr_in name = {};
  socklen_t length = 0;  // of the values, or of the name
  int pair[2] = {-1, -1};
  itimerspec timer = {};
  itimerspec now = {};  // the timer as it was
  epoll_event event = {};
  epoll_event events[64] = {};
  pollfd polled[kMostWatched] = {};
  int highest = 0;  // of the sets, plus 1
  fd_set readable = {};
  fd_set writable = {};
  fd_set exceptional = {};
  timeval at_once = {};
};

// The sets of select, and what stands for each in Watched.
struct WatchedSet {
  fd_set Memory::*set;
  uint32_t events;
  const char* name;
};
inline constexpr WatchedSet kWatchedSets[] = {{&Memory::readable, POLLIN, "readable"},
                                              {&Memory::writable, POLLOUT, "writable"},
                                              {&Memory::exceptional, POLLPRI, "exceptional"}};

// Not for kListener, kFill and kDrain, which are several calls. `to` has, each giving a term:
//   Number(n); Named(n, text); Flags(n, names)
//   Fd(slot); FdOrNone(slot): -1 if it is not open
//   At(&Memory::m, text), Value(&Memory::m, text): its address, and what it holds; in the text {i}
//     is the operation's number and {made} the slot that it fills
//   Bytes(): the address of what is sent or received; File(): a file of what is sent
// and Make(call, {terms}), whose value is returned.
template <typename To>
auto CallOf(const Operation& op, const To& to) {
#define HUPSTORM_NAMED(constant) to.Named(static_cast<int64_t>(constant), #constant)
#define HUPSTORM_CALL(call, ...) to.Make(HUPSTORM_NAMED(Call::call), {__VA_ARGS__})
  const int number = static_cast<int>(op.flags);
  const auto fd = to.Fd(op.slot);
  const auto zero = to.Number(0);
  const auto two = to.Number(2);
  const auto size = to.Number(op.size);
  const auto flags = to.Number(number);
  const auto message_flags = to.Flags(number, MessageFlagNames);
  const auto open_flags = to.Flags(number, [](int it) { return CreationFlagNames("O", it); });
  const auto stream = to.Flags(SOCK_STREAM | number, SocketTypeNames);
  const auto parts = to.At(&Memory::parts, "parts{i}");
  const auto message = to.At(&Memory::message, "&message{i}");
  const auto messages = to.At(&Memory::messages, "messages{i}");
  const auto value = to.At(&Memory::values, "&value{i}");
  const auto name = to.At(&Memory::name, "reinterpret_cast<sockaddr*>(&name{i})");
  const auto length = to.At(&Memory::length, "&length{i}");
  const auto pair = to.At(&Memory::pair, "fds{made}");
  const auto event = to.At(&Memory::event, "&event{i}");
  const auto& [level, option, level_name, option_name, settable] =
      Options()[op.code == Code::kSetOption || op.code == Code::kGetOption ? op.flags : 0];
  switch (op.code) {
    // clang-format off
    case Code::kSocket: return HUPSTORM_CALL(kSocket, HUPSTORM_NAMED(AF_INET), stream, zero);
    case Code::kAccept:
      return HUPSTORM_CALL(kAccept, fd, to.At(&Memory::name, "nullptr"),
                           to.At(&Memory::length, "nullptr"), flags);
    case Code::kDup: return HUPSTORM_CALL(kDup, fd);
    case Code::kPipe: return HUPSTORM_CALL(kPipe2, pair, open_flags);
    case Code::kSocketpair:
      return HUPSTORM_CALL(kSocketpair, HUPSTORM_NAMED(AF_UNIX), stream, zero, pair);
    case Code::kEventfd: return HUPSTORM_CALL(kEventfd, to.Number(op.value), flags);
    case Code::kTimerfd:
      return HUPSTORM_CALL(kTimerfdCreate, HUPSTORM_NAMED(CLOCK_MONOTONIC), flags);
    case Code::kEpoll: return HUPSTORM_CALL(kEpollCreate1, zero);
    case Code::kConnect:
      return HUPSTORM_CALL(kConnect, fd, name, to.Value(&Memory::length, "sizeof(name{i})"));
    case Code::kListen: return HUPSTORM_CALL(kListen, fd, size);
    case Code::kShutdown: return HUPSTORM_CALL(kShutdown, fd, to.Flags(number, ShutdownName));
    case Code::kClose:
    case Code::kReset: return HUPSTORM_CALL(kClose, fd);
    case Code::kDup3: return HUPSTORM_CALL(kDup3, fd, to.FdOrNone(op.other), open_flags);
    case Code::kSend: return HUPSTORM_CALL(kSend, fd, to.Bytes(), size, message_flags);
    case Code::kWrite: return HUPSTORM_CALL(kWrite, fd, to.Bytes(), size);
    case Code::kWritev: return HUPSTORM_CALL(kWritev, fd, parts, two);
    case Code::kSendmsg: return HUPSTORM_CALL(kSendmsg, fd, message, message_flags);
    case Code::kSendmmsg: return HUPSTORM_CALL(kSendmmsg, fd, messages, two, message_flags);
    case Code::kSendfile:
      return HUPSTORM_CALL(kSendfile, fd, to.File(), to.At(&Memory::offset, "&offset{i}"), size);
    case Code::kRecv: return HUPSTORM_CALL(kRecv, fd, to.Bytes(), size, message_flags);
    case Code::kRead: return HUPSTORM_CALL(kRead, fd, to.Bytes(), size);
    case Code::kReadv: return HUPSTORM_CALL(kReadv, fd, parts, two);
    case Code::kRecvmsg: return HUPSTORM_CALL(kRecvmsg, fd, message, message_flags);
    case Code::kRecvmmsg:
      return HUPSTORM_CALL(kRecvmmsg, fd, messages, two, message_flags, zero);
    case Code::kSetOption:
      return HUPSTORM_CALL(kSetsockopt, fd, to.Named(level, level_name),
                           to.Named(option, option_name), value,
                           to.Value(&Memory::length, "sizeof(int)"));
    case Code::kGetOption:
      return HUPSTORM_CALL(kGetsockopt, fd, to.Named(level, level_name),
                           to.Named(option, option_name), value, length);
    case Code::kSetNonBlocking:
      return HUPSTORM_CALL(kFcntl, fd, HUPSTORM_NAMED(F_SETFL),
                           op.value != 0 ? HUPSTORM_NAMED(O_NONBLOCK) : zero);
    case Code::kFlags: return HUPSTORM_CALL(kFcntl, fd, HUPSTORM_NAMED(F_GETFL), zero);
    case Code::kUnread: return HUPSTORM_CALL(kIoctl, fd, HUPSTORM_NAMED(FIONREAD), value);
    case Code::kAtMark: return HUPSTORM_CALL(kIoctl, fd, HUPSTORM_NAMED(SIOCATMARK), value);
    case Code::kUnsent: return HUPSTORM_CALL(kIoctl, fd, HUPSTORM_NAMED(SIOCOUTQ), value);
    case Code::kOwnName: return HUPSTORM_CALL(kGetsockname, fd, name, length);
    case Code::kPeerName: return HUPSTORM_CALL(kGetpeername, fd, name, length);
    case Code::kSetTimer:
      return HUPSTORM_CALL(kTimerfdSettime, fd,
                           op.value == 1 ? HUPSTORM_NAMED(TFD_TIMER_ABSTIME) : zero,
                           to.At(&Memory::timer, "&timer{i}"), to.At(&Memory::now, "nullptr"));
    case Code::kGetTimer:
      return HUPSTORM_CALL(kTimerfdGettime, fd, to.At(&Memory::now, "&timer{i}"));
    case Code::kEpollAdd:
      return HUPSTORM_CALL(kEpollCtl, fd, HUPSTORM_NAMED(EPOLL_CTL_ADD), to.Fd(op.other), event);
    case Code::kEpollModify:
      return HUPSTORM_CALL(kEpollCtl, fd, HUPSTORM_NAMED(EPOLL_CTL_MOD), to.Fd(op.other), event);
    case Code::kEpollDelete:
      return HUPSTORM_CALL(kEpollCtl, fd, HUPSTORM_NAMED(EPOLL_CTL_DEL), to.Fd(op.other), event);
    case Code::kEpollWait:
      return HUPSTORM_CALL(kEpollWait, fd, to.At(&Memory::events, "events{i}"), size, zero);
    case Code::kPoll:
      return HUPSTORM_CALL(kPoll, to.At(&Memory::polled, "fds{i}"), to.Number(op.watched_count),
                           zero);
    case Code::kSelect:
      return HUPSTORM_CALL(kSelect, to.Value(&Memory::highest, "FD_SETSIZE"),
                           to.At(&Memory::readable, "&readable{i}"),
                           to.At(&Memory::writable, "&writable{i}"),
                           to.At(&Memory::exceptional, "&exceptional{i}"),
                           to.At(&Memory::at_once, "&at_once{i}"));
    default: throw std::logic_error("an operation of several calls");
      // clang-format on
  }
#undef HUPSTORM_CALL
#undef HUPSTORM_NAMED
}

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_CALL_OF_H_
