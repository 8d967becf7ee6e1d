#include "kernel/trace/symbols.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

#include <span>
#include <string_view>

namespace hupstorm {
namespace {

struct Symbol {
  uint64_t value;
  const char* name;
};

#define HUPSTORM_SYMBOL(name) \
  { static_cast<uint64_t>(name), #name }

std::string Flags(uint64_t value, std::span<const Symbol> symbols) {
  std::string text;
  for (const Symbol& symbol : symbols) {
    if ((value & symbol.value) != symbol.value) continue;
    value &= ~symbol.value;
    if (!text.empty()) text += '|';
    text += symbol.name;
  }
  if (value == 0) return text.empty() ? "0" : text;
  if (!text.empty()) text += '|';
  return text + fmt::format("{:#x}", value);
}

std::string Value(uint64_t value, std::span<const Symbol> symbols) {
  for (const Symbol& symbol : symbols) {
    if (symbol.value == value) return symbol.name;
  }
  return fmt::format("{}", static_cast<int64_t>(value));
}

constexpr Symbol kEpollEvents[] = {
    HUPSTORM_SYMBOL(EPOLLIN),      HUPSTORM_SYMBOL(EPOLLPRI),       HUPSTORM_SYMBOL(EPOLLOUT),
    HUPSTORM_SYMBOL(EPOLLERR),     HUPSTORM_SYMBOL(EPOLLHUP),       HUPSTORM_SYMBOL(EPOLLRDHUP),
    HUPSTORM_SYMBOL(EPOLLRDNORM),  HUPSTORM_SYMBOL(EPOLLRDBAND),    HUPSTORM_SYMBOL(EPOLLWRNORM),
    HUPSTORM_SYMBOL(EPOLLWRBAND),  HUPSTORM_SYMBOL(EPOLLEXCLUSIVE), HUPSTORM_SYMBOL(EPOLLWAKEUP),
    HUPSTORM_SYMBOL(EPOLLONESHOT), HUPSTORM_SYMBOL(EPOLLET),
};
constexpr Symbol kPollEvents[] = {
    HUPSTORM_SYMBOL(POLLIN),     HUPSTORM_SYMBOL(POLLPRI),    HUPSTORM_SYMBOL(POLLOUT),
    HUPSTORM_SYMBOL(POLLERR),    HUPSTORM_SYMBOL(POLLHUP),    HUPSTORM_SYMBOL(POLLNVAL),
    HUPSTORM_SYMBOL(POLLRDHUP),  HUPSTORM_SYMBOL(POLLRDNORM), HUPSTORM_SYMBOL(POLLRDBAND),
    HUPSTORM_SYMBOL(POLLWRNORM), HUPSTORM_SYMBOL(POLLWRBAND),
};
constexpr Symbol kMessageFlags[] = {
    HUPSTORM_SYMBOL(MSG_OOB),     HUPSTORM_SYMBOL(MSG_PEEK),         HUPSTORM_SYMBOL(MSG_TRUNC),
    HUPSTORM_SYMBOL(MSG_WAITALL), HUPSTORM_SYMBOL(MSG_DONTWAIT),     HUPSTORM_SYMBOL(MSG_NOSIGNAL),
    HUPSTORM_SYMBOL(MSG_MORE),    HUPSTORM_SYMBOL(MSG_CMSG_CLOEXEC),
};
constexpr Symbol kFileFlags[] = {
    HUPSTORM_SYMBOL(O_WRONLY), HUPSTORM_SYMBOL(O_RDWR),    HUPSTORM_SYMBOL(O_NONBLOCK),
    HUPSTORM_SYMBOL(O_APPEND), HUPSTORM_SYMBOL(O_CLOEXEC), HUPSTORM_SYMBOL(O_ASYNC),
    HUPSTORM_SYMBOL(O_DIRECT),
};
constexpr Symbol kSocketTypes[] = {
    HUPSTORM_SYMBOL(SOCK_STREAM),
    HUPSTORM_SYMBOL(SOCK_DGRAM),
    HUPSTORM_SYMBOL(SOCK_SEQPACKET),
};
constexpr Symbol kTimerfdFlags[] = {
    HUPSTORM_SYMBOL(TFD_TIMER_ABSTIME),
    HUPSTORM_SYMBOL(TFD_TIMER_CANCEL_ON_SET),
};
constexpr Symbol kSignalActions[] = {
    HUPSTORM_SYMBOL(SA_RESTART),   HUPSTORM_SYMBOL(SA_SIGINFO),   HUPSTORM_SYMBOL(SA_NODEFER),
    HUPSTORM_SYMBOL(SA_RESETHAND), HUPSTORM_SYMBOL(SA_NOCLDSTOP), HUPSTORM_SYMBOL(SA_NOCLDWAIT),
    HUPSTORM_SYMBOL(SA_ONSTACK),
};
constexpr Symbol kDomains[] = {
    HUPSTORM_SYMBOL(AF_INET),
    HUPSTORM_SYMBOL(AF_INET6),
    HUPSTORM_SYMBOL(AF_UNIX),
};
constexpr Symbol kShutdowns[] = {
    HUPSTORM_SYMBOL(SHUT_RD),
    HUPSTORM_SYMBOL(SHUT_WR),
    HUPSTORM_SYMBOL(SHUT_RDWR),
};
constexpr Symbol kOptionLevels[] = {
    HUPSTORM_SYMBOL(SOL_SOCKET),
    HUPSTORM_SYMBOL(IPPROTO_IP),
    HUPSTORM_SYMBOL(IPPROTO_TCP),
    HUPSTORM_SYMBOL(IPPROTO_IPV6),
};
constexpr Symbol kSocketOptions[] = {
    HUPSTORM_SYMBOL(SO_ERROR),      HUPSTORM_SYMBOL(SO_REUSEADDR), HUPSTORM_SYMBOL(SO_REUSEPORT),
    HUPSTORM_SYMBOL(SO_LINGER),     HUPSTORM_SYMBOL(SO_SNDBUF),    HUPSTORM_SYMBOL(SO_RCVBUF),
    HUPSTORM_SYMBOL(SO_SNDLOWAT),   HUPSTORM_SYMBOL(SO_RCVLOWAT),  HUPSTORM_SYMBOL(SO_SNDTIMEO),
    HUPSTORM_SYMBOL(SO_RCVTIMEO),   HUPSTORM_SYMBOL(SO_KEEPALIVE), HUPSTORM_SYMBOL(SO_OOBINLINE),
    HUPSTORM_SYMBOL(SO_ACCEPTCONN), HUPSTORM_SYMBOL(SO_TYPE),      HUPSTORM_SYMBOL(SO_DOMAIN),
    HUPSTORM_SYMBOL(SO_PROTOCOL),   HUPSTORM_SYMBOL(SO_BROADCAST), HUPSTORM_SYMBOL(SO_DONTROUTE),
};
constexpr Symbol kTcpOptions[] = {
    HUPSTORM_SYMBOL(TCP_NODELAY),       HUPSTORM_SYMBOL(TCP_CORK),
    HUPSTORM_SYMBOL(TCP_KEEPIDLE),      HUPSTORM_SYMBOL(TCP_KEEPINTVL),
    HUPSTORM_SYMBOL(TCP_KEEPCNT),       HUPSTORM_SYMBOL(TCP_DEFER_ACCEPT),
    HUPSTORM_SYMBOL(TCP_INFO),          HUPSTORM_SYMBOL(TCP_QUICKACK),
    HUPSTORM_SYMBOL(TCP_USER_TIMEOUT),  HUPSTORM_SYMBOL(TCP_LINGER2),
    HUPSTORM_SYMBOL(TCP_NOTSENT_LOWAT),
};
constexpr Symbol kFcntlCommands[] = {
    HUPSTORM_SYMBOL(F_DUPFD),  HUPSTORM_SYMBOL(F_DUPFD_CLOEXEC), HUPSTORM_SYMBOL(F_GETFD),
    HUPSTORM_SYMBOL(F_SETFD),  HUPSTORM_SYMBOL(F_GETFL),         HUPSTORM_SYMBOL(F_SETFL),
    HUPSTORM_SYMBOL(F_GETOWN), HUPSTORM_SYMBOL(F_SETOWN),
};
constexpr Symbol kIoctlRequests[] = {
    HUPSTORM_SYMBOL(FIONBIO),
    HUPSTORM_SYMBOL(FIONREAD),
    HUPSTORM_SYMBOL(SIOCATMARK),
    HUPSTORM_SYMBOL(TIOCOUTQ),
};
constexpr Symbol kEpollOperations[] = {
    HUPSTORM_SYMBOL(EPOLL_CTL_ADD),
    HUPSTORM_SYMBOL(EPOLL_CTL_MOD),
    HUPSTORM_SYMBOL(EPOLL_CTL_DEL),
};
constexpr Symbol kClocks[] = {
    HUPSTORM_SYMBOL(CLOCK_REALTIME),         HUPSTORM_SYMBOL(CLOCK_MONOTONIC),
    HUPSTORM_SYMBOL(CLOCK_MONOTONIC_COARSE), HUPSTORM_SYMBOL(CLOCK_REALTIME_COARSE),
    HUPSTORM_SYMBOL(CLOCK_MONOTONIC_RAW),    HUPSTORM_SYMBOL(CLOCK_BOOTTIME),
};

#undef HUPSTORM_SYMBOL

uint64_t Unsigned(int value) { return static_cast<unsigned>(value); }

// A negative value printed as such, a known one by name.
std::string IntValue(int value, std::span<const Symbol> symbols) {
  return Value(static_cast<uint64_t>(static_cast<int64_t>(value)), symbols);
}

}  // namespace

std::string EpollEventNames(uint32_t events) { return Flags(events, kEpollEvents); }
std::string PollEventNames(int events) { return Flags(Unsigned(events & 0xffff), kPollEvents); }
std::string MessageFlagNames(int flags) { return Flags(Unsigned(flags), kMessageFlags); }
std::string TimerfdFlagNames(int flags) { return Flags(Unsigned(flags), kTimerfdFlags); }

// O_RDONLY is 0: it is there where none of the others is.
std::string StatusFlagNames(int flags) {
  if ((flags & O_ACCMODE) != 0) return Flags(Unsigned(flags), kFileFlags);
  return flags == 0 ? "O_RDONLY" : "O_RDONLY|" + Flags(Unsigned(flags), kFileFlags);
}

std::string CreationFlagNames(const char* prefix, int flags) {
  std::string text;
  const auto add = [&](std::string_view name) {
    if (!text.empty()) text += '|';
    text += name;
  };
  if (strcmp(prefix, "EFD") == 0 && (flags & EFD_SEMAPHORE) != 0) {
    add("EFD_SEMAPHORE");
    flags &= ~EFD_SEMAPHORE;
  }
  if ((flags & O_NONBLOCK) != 0) add(fmt::format("{}_NONBLOCK", prefix));
  if ((flags & O_CLOEXEC) != 0) add(fmt::format("{}_CLOEXEC", prefix));
  const int rest = flags & ~(O_NONBLOCK | O_CLOEXEC);
  if (rest != 0 || text.empty()) add(rest == 0 ? "0" : fmt::format("{:#x}", rest));
  return text;
}

std::string SignalActionNames(int flags) {
  constexpr int kRestorer = 0x04000000;  // SA_RESTORER, glibc's own
  return Flags(Unsigned(flags & ~kRestorer), kSignalActions);
}

std::string SocketTypeNames(int type) {
  const int flags = type & (SOCK_NONBLOCK | SOCK_CLOEXEC);
  const std::string kind = IntValue(type & ~flags, kSocketTypes);
  return flags == 0 ? kind : kind + '|' + CreationFlagNames("SOCK", flags);
}

std::string ErrorName(int error) {
  const char* const name = strerrorname_np(error);
  return name == nullptr ? fmt::format("{}", error) : name;
}

std::string SignalName(int signal) {
  const char* const name = sigabbrev_np(signal);
  return name == nullptr ? fmt::format("{}", signal) : fmt::format("SIG{}", name);
}

std::string DomainName(int domain) { return IntValue(domain, kDomains); }
std::string ShutdownName(int how) { return IntValue(how, kShutdowns); }
std::string OptionLevelName(int level) { return IntValue(level, kOptionLevels); }
std::string FcntlCommandName(int command) { return IntValue(command, kFcntlCommands); }
std::string IoctlRequestName(unsigned long request) { return Value(request, kIoctlRequests); }
std::string EpollOperationName(int operation) { return IntValue(operation, kEpollOperations); }
std::string ClockName(int clock) { return IntValue(clock, kClocks); }

std::string OptionName(int level, int name) {
  if (level == SOL_SOCKET) return IntValue(name, kSocketOptions);
  if (level == IPPROTO_TCP) return IntValue(name, kTcpOptions);
  return fmt::format("{}", name);
}

}  // namespace hupstorm
