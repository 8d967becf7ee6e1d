// One call at the syscall boundary, as data: what layers, traces and oracles look at.

#ifndef HUPSTORM_KERNEL_CALL_H_
#define HUPSTORM_KERNEL_CALL_H_

#include <sys/select.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace hupstorm {

// In the order of `Syscalls`.
enum class Call : uint8_t {
  kSocket,
  kSocketpair,
  kBind,
  kListen,
  kAccept,
  kConnect,
  kShutdown,
  kGetsockname,
  kGetpeername,
  kGetsockopt,
  kSetsockopt,
  kRecv,
  kSend,
  kRecvmsg,
  kSendmsg,
  kRead,
  kWrite,
  kReadv,
  kWritev,
  kClose,
  kFcntl,
  kIoctl,
  kDup,
  kDup3,
  kPipe2,
  kSelect,
  kPoll,
  kEpollCreate1,
  kEpollCtl,
  kEpollWait,
  kEventfd,
  kTimerfdCreate,
  kTimerfdSettime,
  kTimerfdGettime,
  kClockGettime,
  kNanosleep,
  kSigaction,
};
inline constexpr int kCallCount = static_cast<int>(Call::kSigaction) + 1;

// The name of the system call: "accept4", "epoll_wait". As strace prints it, but for recv and send,
// which x86-64 carries out by recvfrom and sendto.
std::string_view CallName(Call call);

// Calls that scenarios, placements and fault rules do not tell apart: one scenario must mean the
// same to a server that calls read and to one that calls recvmsg, to select and to epoll_wait.
enum class CallFamily : uint8_t {
  kAny,          // "call": every call
  kAccept,       // "accept": accept, accept4
  kRecv,         // "recv": recv, recvfrom, recvmsg, read, readv
  kSend,         // "send": send, sendto, sendmsg, write, writev
  kWait,         // "wait": select, poll, epoll_wait and their variants
  kClose,        // "close"
  kShutdown,     // "shutdown"
  kGetpeername,  // "getpeername"
  kEpollCtl,     // "epoll_ctl"
  kFcntl,        // "fcntl"
  kSetsockopt,   // "setsockopt"
  kOther,        // not nameable
};
inline constexpr int kCallFamilyCount = static_cast<int>(CallFamily::kOther) + 1;

namespace internal {

consteval std::array<CallFamily, kCallCount> FamiliesOfCalls() {
  std::array<CallFamily, kCallCount> families;
  families.fill(CallFamily::kOther);
  const auto put = [&](CallFamily family, std::initializer_list<Call> calls) {
    for (const Call call : calls) families[static_cast<size_t>(call)] = family;
  };
  put(CallFamily::kAccept, {Call::kAccept});
  put(CallFamily::kRecv, {Call::kRecv, Call::kRecvmsg, Call::kRead, Call::kReadv});
  put(CallFamily::kSend, {Call::kSend, Call::kSendmsg, Call::kWrite, Call::kWritev});
  put(CallFamily::kWait, {Call::kSelect, Call::kPoll, Call::kEpollWait});
  put(CallFamily::kClose, {Call::kClose});
  put(CallFamily::kShutdown, {Call::kShutdown});
  put(CallFamily::kGetpeername, {Call::kGetpeername});
  put(CallFamily::kEpollCtl, {Call::kEpollCtl});
  put(CallFamily::kFcntl, {Call::kFcntl});
  put(CallFamily::kSetsockopt, {Call::kSetsockopt});
  return families;
}
inline constexpr std::array<CallFamily, kCallCount> kFamilyOfCall = FamiliesOfCalls();

}  // namespace internal

// Asked several times in each call of the server, so it is inline.
constexpr CallFamily FamilyOf(Call call) {
  return internal::kFamilyOfCall[static_cast<size_t>(call)];
}
std::string_view CallFamilyName(CallFamily family);
std::optional<CallFamily> CallFamilyFromName(std::string_view name);

// glibc declares these nothrow, so compilers build their callers without a way out for exceptions:
// no kernel and no layer may throw from them, and the shim aborts with the name where one does.
// True for the rest: what may sleep, and close, fcntl. A run is best ended from a call that sleeps:
// close is called by destructors, which an exception must not leave either.
bool MayThrow(Call call);

// What CallRecord::buffer points to for select.
struct SelectSets {
  static constexpr int kReadable = 0, kWritable = 1, kExceptional = 2;
  fd_set* sets[3];  // the caller's; null where it gave none
  fd_set
      asked[3];  // as they were on entry, up to FD_SETSIZE; the caller's hold the answer in Leave
};

// A call on its way through the layers. `Enter` sees the arguments and may change `length`; `Leave`
// sees the result too. Pointers are the caller's own and may be null or wrong, as the server passed
// them; after a successful call what the kernel writes is there to be read.
//
// What each call puts where. Arguments that are not named are not recorded; fd is -1 and the rest
// zero or null where a column is empty. Signed arguments that travel in `length` are to be cast
// back (to int, for fcntl to long).
//
//   call             fd      length          flags     other       buffer             extra
//   socket                   protocol        domain    type
//   socketpair               protocol        domain    type        int[2]
//   bind, connect    fd      address length                        sockaddr
//   listen           fd      backlog
//   accept4          fd                      flags                 sockaddr           socklen_t
//   shutdown         fd                      how
//   getsockname,
//     getpeername    fd                                            sockaddr           socklen_t
//   getsockopt       fd                      name      level       value              socklen_t
//   setsockopt       fd      value length    name      level       value
//   recv, send       fd      bytes           flags                 bytes
//   recvmsg, sendmsg fd      sum of parts    flags     part count  msghdr
//   read, write      fd      bytes                                 bytes
//   readv, writev    fd      sum of parts              part count  iovec[]
//   close, dup       fd
//   fcntl            fd      argument        command
//   ioctl            fd      request                               argument
//   dup3             fd                      flags     wanted
//   pipe2                                    flags                 int[2]
//   select                   count                     timeout ms  SelectSets         timeval
//   poll                     count                     timeout ms  pollfd[]
//   epoll_create1                            flags
//   epoll_ctl        epfd                    operation fd          epoll_event
//   epoll_wait       epfd    max events                timeout ms  epoll_event[]
//   eventfd2                 initial value   flags
//   timerfd_create                           flags     clock
//   timerfd_settime  fd                      flags                 itimerspec (new)   itimerspec
//   (old) timerfd_gettime  fd                                            itimerspec clock_gettime
//   clock       timespec nanosleep                                                      timespec
//   timespec (left) rt_sigaction                                       signal      sigaction (new)
//   sigaction (old)
//
// The timeout of select is rounded up to milliseconds, -1 for none. The sum of parts is 0 where the
// parts are null or their count is one that Linux refuses.
struct CallRecord {
  Call call = Call::kSocket;
  int fd = -1;
  int64_t result = 0;  // return value; Leave only
  int error = 0;       // errno where result is -1, else 0; Leave only
  size_t length = 0;
  int flags = 0;
  int other = 0;
  const void* buffer = nullptr;
  const void* extra = nullptr;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_CALL_H_
