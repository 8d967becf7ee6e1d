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

// clang-format off
#define S(name) {static_cast<uint64_t>(name), #name}
constexpr Symbol kEpollEvents[] = {
    S(EPOLLIN), S(EPOLLPRI), S(EPOLLOUT), S(EPOLLERR), S(EPOLLHUP), S(EPOLLRDHUP), S(EPOLLRDNORM),
    S(EPOLLRDBAND), S(EPOLLWRNORM), S(EPOLLWRBAND), S(EPOLLEXCLUSIVE), S(EPOLLWAKEUP),
    S(EPOLLONESHOT), S(EPOLLET)};
constexpr Symbol kPollEvents[] = {
    S(POLLIN), S(POLLPRI), S(POLLOUT), S(POLLERR), S(POLLHUP), S(POLLNVAL), S(POLLRDHUP),
    S(POLLRDNORM), S(POLLRDBAND), S(POLLWRNORM), S(POLLWRBAND)};
constexpr Symbol kMessageFlags[] = {
    S(MSG_OOB), S(MSG_PEEK), S(MSG_TRUNC), S(MSG_WAITALL), S(MSG_DONTWAIT), S(MSG_NOSIGNAL),
    S(MSG_MORE), S(MSG_CMSG_CLOEXEC)};
constexpr Symbol kFileFlags[] = {
    S(O_WRONLY), S(O_RDWR), S(O_NONBLOCK), S(O_APPEND), S(O_CLOEXEC), S(O_ASYNC), S(O_DIRECT)};
constexpr Symbol kSocketTypes[] = {S(SOCK_STREAM), S(SOCK_DGRAM), S(SOCK_SEQPACKET)};
constexpr Symbol kTimerfdFlags[] = {S(TFD_TIMER_ABSTIME), S(TFD_TIMER_CANCEL_ON_SET)};
constexpr Symbol kSignalActions[] = {
    S(SA_RESTART), S(SA_SIGINFO), S(SA_NODEFER), S(SA_RESETHAND), S(SA_NOCLDSTOP), S(SA_NOCLDWAIT),
    S(SA_ONSTACK)};
constexpr Symbol kDomains[] = {S(AF_INET), S(AF_INET6), S(AF_UNIX)};
constexpr Symbol kShutdowns[] = {S(SHUT_RD), S(SHUT_WR), S(SHUT_RDWR)};
constexpr Symbol kOptionLevels[] = {S(SOL_SOCKET), S(IPPROTO_IP), S(IPPROTO_TCP), S(IPPROTO_IPV6)};
constexpr Symbol kSocketOptions[] = {
    S(SO_ERROR), S(SO_REUSEADDR), S(SO_REUSEPORT), S(SO_LINGER), S(SO_SNDBUF), S(SO_RCVBUF),
    S(SO_SNDLOWAT), S(SO_RCVLOWAT), S(SO_SNDTIMEO), S(SO_RCVTIMEO), S(SO_KEEPALIVE),
    S(SO_OOBINLINE), S(SO_ACCEPTCONN), S(SO_TYPE), S(SO_DOMAIN), S(SO_PROTOCOL), S(SO_BROADCAST),
    S(SO_DONTROUTE)};
constexpr Symbol kTcpOptions[] = {
    S(TCP_NODELAY), S(TCP_CORK), S(TCP_KEEPIDLE), S(TCP_KEEPINTVL), S(TCP_KEEPCNT),
    S(TCP_DEFER_ACCEPT), S(TCP_INFO), S(TCP_QUICKACK), S(TCP_USER_TIMEOUT), S(TCP_LINGER2),
    S(TCP_NOTSENT_LOWAT)};
constexpr Symbol kFcntlCommands[] = {
    S(F_DUPFD), S(F_DUPFD_CLOEXEC), S(F_GETFD), S(F_SETFD), S(F_GETFL), S(F_SETFL), S(F_GETOWN),
    S(F_SETOWN)};
constexpr Symbol kIoctlRequests[] = {S(FIONBIO), S(FIONREAD), S(SIOCATMARK), S(TIOCOUTQ)};
constexpr Symbol kEpollOperations[] = {S(EPOLL_CTL_ADD), S(EPOLL_CTL_MOD), S(EPOLL_CTL_DEL)};
constexpr Symbol kClocks[] = {
    S(CLOCK_REALTIME), S(CLOCK_MONOTONIC), S(CLOCK_MONOTONIC_COARSE), S(CLOCK_REALTIME_COARSE),
    S(CLOCK_MONOTONIC_RAW), S(CLOCK_BOOTTIME)};
#undef S
// clang-format on

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

// O_RDONLY is 0: it is there if none of the others is.
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
