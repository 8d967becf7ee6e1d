#include "conform/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <stdexcept>

#include "kernel/trace/symbols.h"

namespace hupstorm::conform {
namespace {

constexpr std::array<const char*, kCodes> kNames = {
    "listener",
    "socket",
    "accept4",
    "dup",
    "pipe2",
    "socketpair",
    "eventfd",
    "timerfd_create",
    "epoll_create1",
    "connect",
    "listen",
    "shutdown",
    "close",
    "reset",
    "dup3",
    "send",
    "write",
    "writev",
    "sendmsg",
    "recv",
    "read",
    "readv",
    "recvmsg",
    "fill",
    "drain",
    "setsockopt",
    "getsockopt",
    "F_SETFL",
    "F_GETFL",
    "FIONREAD",
    "SIOCATMARK",
    "SIOCOUTQ",
    "getsockname",
    "getpeername",
    "timerfd_settime",
    "timerfd_gettime",
    "EPOLL_CTL_ADD",
    "EPOLL_CTL_MOD",
    "EPOLL_CTL_DEL",
    "epoll_wait",
    "poll",
    "select",
};

// What a slot is called after it was made by `code`.
const char* KindOf(const Operation& maker, int slot) {
  switch (maker.code) {
    case Code::kListener:
      return "listener";
    case Code::kSocket:
      return "client";
    case Code::kAccept:
      return "server";
    case Code::kDup:
      return "copy";
    case Code::kPipe:
      return maker.made == slot ? "reader" : "writer";
    case Code::kSocketpair:
      return "pair";
    case Code::kEventfd:
      return "eventfd";
    case Code::kTimerfd:
      return "timerfd";
    case Code::kEpoll:
      return "epoll";
    default:
      return nullptr;
  }
}

bool Makes(const Operation& operation, int slot) {
  if (operation.made == slot) return true;
  return operation.other == slot &&
         (operation.code == Code::kPipe || operation.code == Code::kSocketpair);
}

std::string TimerText(int value) {
  if (value == 0) return "disarmed";
  return value == 1 ? "in the past" : "in an hour";
}

}  // namespace

std::string_view CodeName(Code code) { return kNames[static_cast<size_t>(code)]; }

const std::vector<Option>& Options() {
#define HUPSTORM_OPTION(level, name, settable) \
  { level, name, #level, #name, settable }
  static const std::vector<Option> options = {
      HUPSTORM_OPTION(SOL_SOCKET, SO_ERROR, false),
      HUPSTORM_OPTION(SOL_SOCKET, SO_SNDBUF, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_RCVBUF, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_KEEPALIVE, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_OOBINLINE, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_RCVLOWAT, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_REUSEADDR, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_LINGER, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_ACCEPTCONN, false),
      HUPSTORM_OPTION(SOL_SOCKET, SO_TYPE, false),
      HUPSTORM_OPTION(SOL_SOCKET, SO_DOMAIN, false),
      HUPSTORM_OPTION(SOL_SOCKET, SO_PROTOCOL, false),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_NODELAY, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_KEEPIDLE, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_KEEPINTVL, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_KEEPCNT, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT, true),
  };
#undef HUPSTORM_OPTION
  return options;
}

uint32_t OptionIndex(int level, int name) {
  const std::vector<Option>& options = Options();
  for (uint32_t i = 0; i < options.size(); ++i) {
    if (options[i].level == level && options[i].name == name) return i;
  }
  throw std::logic_error("an option that programs do not use");
}

std::string SlotName(const Program& program, int slot, size_t before) {
  if (slot == kNoSlot) return "-1";
  const char* kind = nullptr;
  for (size_t i = 0; i < before && i < program.operations.size(); ++i) {
    if (!Makes(program.operations[i], slot)) continue;
    kind = KindOf(program.operations[i], slot);
  }
  return fmt::format("{}{}", kind != nullptr ? kind : "nothing", slot);
}

std::string OperationText(const Program& program, size_t index) {
  const Operation& op = program.operations[index];
  const auto name = [&](int slot) { return SlotName(program, slot, index); };
  const auto made = [&](int slot) { return SlotName(program, slot, index + 1); };
  const std::string_view code = CodeName(op.code);
  const int flags = static_cast<int>(op.flags);
  switch (op.code) {
    case Code::kListener:
      return fmt::format("{} = listener(backlog {})", made(op.made), op.size);
    case Code::kSocket:
      return fmt::format("{} = socket({})", made(op.made), SocketTypeNames(SOCK_STREAM | flags));
    case Code::kAccept:
      return fmt::format("{} = accept4({}, {})", made(op.made), name(op.slot),
                         CreationFlagNames("SOCK", flags));
    case Code::kDup:
      return fmt::format("{} = dup({})", made(op.made), name(op.slot));
    case Code::kPipe:
    case Code::kSocketpair:
      return fmt::format("{}, {} = {}({})", made(op.made), made(op.other), code,
                         op.code == Code::kPipe ? CreationFlagNames("O", flags)
                                                : SocketTypeNames(SOCK_STREAM | flags));
    case Code::kEventfd:
      return fmt::format("{} = eventfd({}, {})", made(op.made), op.value,
                         CreationFlagNames("EFD", flags));
    case Code::kTimerfd:
      return fmt::format("{} = timerfd_create({})", made(op.made), CreationFlagNames("TFD", flags));
    case Code::kEpoll:
      return fmt::format("{} = epoll_create1()", made(op.made));
    case Code::kConnect:
      return fmt::format("connect({}, {})", name(op.slot),
                         op.other == kNoSlot ? "nobody" : name(op.other));
    case Code::kListen:
      return fmt::format("listen({}, {})", name(op.slot), op.size);
    case Code::kShutdown:
      return fmt::format("shutdown({}, {})", name(op.slot), ShutdownName(flags));
    case Code::kDup3:
      return fmt::format("dup3({}, {}, {})", name(op.slot), name(op.other),
                         CreationFlagNames("O", flags));
    case Code::kSend:
    case Code::kSendmsg:
    case Code::kRecv:
    case Code::kRecvmsg:
      return fmt::format("{}({}, {}, {})", code, name(op.slot), op.size, MessageFlagNames(flags));
    case Code::kWrite:
    case Code::kWritev:
    case Code::kRead:
    case Code::kReadv:
      return fmt::format("{}({}, {})", code, name(op.slot), op.size);
    case Code::kSetOption:
      return fmt::format("setsockopt({}, {}, {})", name(op.slot), Options()[op.flags].text,
                         op.value);
    case Code::kGetOption:
      return fmt::format("getsockopt({}, {})", name(op.slot), Options()[op.flags].text);
    case Code::kSetNonBlocking:
      return fmt::format("fcntl({}, F_SETFL, {})", name(op.slot),
                         op.value != 0 ? "O_NONBLOCK" : "0");
    case Code::kFlags:
      return fmt::format("fcntl({}, F_GETFL)", name(op.slot));
    case Code::kUnread:
    case Code::kAtMark:
    case Code::kUnsent:
      return fmt::format("ioctl({}, {})", name(op.slot), code);
    case Code::kSetTimer:
      return fmt::format("timerfd_settime({}, {})", name(op.slot), TimerText(op.value));
    case Code::kEpollAdd:
    case Code::kEpollModify:
      return fmt::format("epoll_ctl({}, {}, {}, {}, data {})", name(op.slot), code, name(op.other),
                         EpollEventNames(op.flags), op.value);
    case Code::kEpollDelete:
      return fmt::format("epoll_ctl({}, {}, {})", name(op.slot), code, name(op.other));
    case Code::kEpollWait:
      return fmt::format("epoll_wait({}, {} events)", name(op.slot), op.size);
    case Code::kPoll:
    case Code::kSelect: {
      std::string text = fmt::format("{}(", code);
      for (int i = 0; i < op.watched_count; ++i) {
        const Watched& watched = op.watched[static_cast<size_t>(i)];
        text += fmt::format("{}{}:{}", i > 0 ? ", " : "", name(watched.slot),
                            PollEventNames(watched.events));
      }
      return text + ")";
    }
    default:
      return fmt::format("{}({})", code, name(op.slot));
  }
}

}  // namespace hupstorm::conform
