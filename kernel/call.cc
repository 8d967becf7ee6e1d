#include "kernel/call.h"

#include <array>
#include <utility>

namespace hupstorm {
namespace {

struct CallTraits {
  Call call;
  std::string_view name;
  bool may_throw;  // glibc 2.36 declares it without __THROW
};

// In the order of Call, which the static_assert below checks.
constexpr CallTraits kCalls[] = {
    {Call::kSocket, "socket", false},
    {Call::kSocketpair, "socketpair", false},
    {Call::kBind, "bind", false},
    {Call::kListen, "listen", false},
    {Call::kAccept, "accept4", true},
    {Call::kConnect, "connect", true},
    {Call::kShutdown, "shutdown", false},
    {Call::kGetsockname, "getsockname", false},
    {Call::kGetpeername, "getpeername", false},
    {Call::kGetsockopt, "getsockopt", false},
    {Call::kSetsockopt, "setsockopt", false},
    {Call::kRecv, "recv", true},
    {Call::kSend, "send", true},
    {Call::kRecvmsg, "recvmsg", true},
    {Call::kSendmsg, "sendmsg", true},
    {Call::kRead, "read", true},
    {Call::kWrite, "write", true},
    {Call::kReadv, "readv", true},
    {Call::kWritev, "writev", true},
    {Call::kClose, "close", true},
    {Call::kFcntl, "fcntl", true},
    {Call::kIoctl, "ioctl", false},
    {Call::kDup, "dup", false},
    {Call::kDup3, "dup3", false},
    {Call::kPipe2, "pipe2", false},
    {Call::kSelect, "select", true},
    {Call::kPoll, "poll", true},
    {Call::kEpollCreate1, "epoll_create1", false},
    {Call::kEpollCtl, "epoll_ctl", false},
    {Call::kEpollWait, "epoll_wait", true},
    {Call::kEventfd, "eventfd2", false},
    {Call::kTimerfdCreate, "timerfd_create", false},
    {Call::kTimerfdSettime, "timerfd_settime", false},
    {Call::kTimerfdGettime, "timerfd_gettime", false},
    {Call::kClockGettime, "clock_gettime", false},
    {Call::kNanosleep, "nanosleep", true},
    {Call::kSigaction, "rt_sigaction", false},
};
static_assert(std::size(kCalls) == kCallCount);
static_assert([] {
  for (int i = 0; i < kCallCount; ++i) {
    if (kCalls[i].call != static_cast<Call>(i)) return false;
  }
  return true;
}());

constexpr std::pair<CallFamily, std::string_view> kFamilies[] = {
    {CallFamily::kAny, "call"},
    {CallFamily::kAccept, "accept"},
    {CallFamily::kRecv, "recv"},
    {CallFamily::kSend, "send"},
    {CallFamily::kWait, "wait"},
    {CallFamily::kClose, "close"},
    {CallFamily::kShutdown, "shutdown"},
    {CallFamily::kGetpeername, "getpeername"},
    {CallFamily::kEpollCtl, "epoll_ctl"},
    {CallFamily::kFcntl, "fcntl"},
    {CallFamily::kSetsockopt, "setsockopt"},
    {CallFamily::kOther, "other"},
};
static_assert(std::size(kFamilies) == kCallFamilyCount);

}  // namespace

std::string_view CallName(Call call) { return kCalls[static_cast<int>(call)].name; }
bool MayThrow(Call call) { return kCalls[static_cast<int>(call)].may_throw; }

std::string_view CallFamilyName(CallFamily family) {
  return kFamilies[static_cast<int>(family)].second;
}

std::optional<CallFamily> CallFamilyFromName(std::string_view name) {
  for (const auto& [family, family_name] : kFamilies) {
    // "other" is no word of the language: it stands for calls that cannot be named.
    if (name == family_name && family != CallFamily::kOther) return family;
  }
  return std::nullopt;
}

}  // namespace hupstorm
