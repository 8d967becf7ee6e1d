#include "kernel/call.h"

#include <array>
#include <utility>

namespace hupstorm {
namespace {

struct CallTraits {
  Call call;
  std::string_view name;
  CallFamily family;
  bool may_throw;  // glibc 2.36 declares it without __THROW
};

// In the order of Call, which the static_assert below checks.
constexpr CallTraits kCalls[] = {
    {Call::kSocket, "socket", CallFamily::kOther, false},
    {Call::kSocketpair, "socketpair", CallFamily::kOther, false},
    {Call::kBind, "bind", CallFamily::kOther, false},
    {Call::kListen, "listen", CallFamily::kOther, false},
    {Call::kAccept, "accept4", CallFamily::kAccept, true},
    {Call::kConnect, "connect", CallFamily::kOther, true},
    {Call::kShutdown, "shutdown", CallFamily::kShutdown, false},
    {Call::kGetsockname, "getsockname", CallFamily::kOther, false},
    {Call::kGetpeername, "getpeername", CallFamily::kGetpeername, false},
    {Call::kGetsockopt, "getsockopt", CallFamily::kOther, false},
    {Call::kSetsockopt, "setsockopt", CallFamily::kSetsockopt, false},
    {Call::kRecv, "recv", CallFamily::kRecv, true},
    {Call::kSend, "send", CallFamily::kSend, true},
    {Call::kRecvmsg, "recvmsg", CallFamily::kRecv, true},
    {Call::kSendmsg, "sendmsg", CallFamily::kSend, true},
    {Call::kRead, "read", CallFamily::kRecv, true},
    {Call::kWrite, "write", CallFamily::kSend, true},
    {Call::kReadv, "readv", CallFamily::kRecv, true},
    {Call::kWritev, "writev", CallFamily::kSend, true},
    {Call::kClose, "close", CallFamily::kClose, true},
    {Call::kFcntl, "fcntl", CallFamily::kFcntl, true},
    {Call::kIoctl, "ioctl", CallFamily::kOther, false},
    {Call::kDup, "dup", CallFamily::kOther, false},
    {Call::kDup3, "dup3", CallFamily::kOther, false},
    {Call::kPipe2, "pipe2", CallFamily::kOther, false},
    {Call::kSelect, "select", CallFamily::kWait, true},
    {Call::kPoll, "poll", CallFamily::kWait, true},
    {Call::kEpollCreate1, "epoll_create1", CallFamily::kOther, false},
    {Call::kEpollCtl, "epoll_ctl", CallFamily::kEpollCtl, false},
    {Call::kEpollWait, "epoll_wait", CallFamily::kWait, true},
    {Call::kEventfd, "eventfd2", CallFamily::kOther, false},
    {Call::kTimerfdCreate, "timerfd_create", CallFamily::kOther, false},
    {Call::kTimerfdSettime, "timerfd_settime", CallFamily::kOther, false},
    {Call::kTimerfdGettime, "timerfd_gettime", CallFamily::kOther, false},
    {Call::kClockGettime, "clock_gettime", CallFamily::kOther, false},
    {Call::kNanosleep, "nanosleep", CallFamily::kOther, true},
    {Call::kSigaction, "rt_sigaction", CallFamily::kOther, false},
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
CallFamily FamilyOf(Call call) { return kCalls[static_cast<int>(call)].family; }
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
