// Every system call that goes through the seam, and what is to be known of it: one row each. What
// is carried between processes, printed in traces, checked by sanitizers and made on Linux follows
// from the rows.

#ifndef HUPSTORM_KERNEL_CALL_TABLE_H_
#define HUPSTORM_KERNEL_CALL_TABLE_H_

#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

namespace hupstorm {

// New calls go to the end: findings' fingerprints hold these numbers.
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
  kSendfile,
  kSignalfd4,
  kRecvmmsg,
  kSendmmsg,
  kPrlimit64,
  kSplice,
  kTee,
};
inline constexpr int kCallCount = static_cast<int>(Call::kTee) + 1;

// Calls that scenarios, placements and fault rules do not tell apart: one scenario must mean the
// same to a server that calls read and to one that calls recvmsg, to select and to epoll_wait.
enum class CallFamily : uint8_t {
  kAny,         // "call": every call
  kAccept,      // "accept": accept, accept4
  kRecv,        // "recv": recv, recvfrom, recvmsg, recvmmsg, read, readv, splice
  kSend,        // "send": send, sendto, sendmsg, sendmmsg, write, writev, sendfile
  kWait,        // "wait": select, poll, epoll_wait and their variants
  kClose,       // "close"
  kShutdown,    // "shutdown"
  kPeerName,    // "getpeername"
  kEpollCtl,    // "epoll_ctl"
  kFcntl,       // "fcntl"
  kSetsockopt,  // "setsockopt"
  kOther,       // not nameable
};
inline constexpr int kCallFamilyCount = static_cast<int>(CallFamily::kOther) + 1;
std::string_view CallFamilyName(CallFamily family);
std::optional<CallFamily> CallFamilyFromName(std::string_view name);

// What an argument is: how it is printed, and how much memory it leads to.
enum class ArgumentKind : uint8_t {
  kNone,
  // Numbers.
  kFd,
  kInt,
  kUnsigned,
  kCount,      // of elements
  kSize,       // of a transfer, in bytes
  kUnshown,    // a length that belongs to another argument and is not printed
  kPartCount,  // of an iovec[]; printed as the bytes that the parts hold
  kDomain,
  kSocketType,
  kHow,  // of shutdown
  kLevel,
  kOptionName,  // follows its level
  kMessageFlags,
  kOpenFlags,  // O_CLOEXEC and the like, under one prefix or another
  kSocketFlags,
  kEpollFlags,
  kEventfdFlags,
  kTimerfdFlags,
  kSettimeFlags,
  kSignalfdFlags,
  kFcntlCommand,
  kFcntlArgument,  // follows its command
  kIoctlRequest,
  kEpollOperation,
  kClock,
  kSignal,
  // Addresses.
  kFirstAddress,
  kIoctlArgument = kFirstAddress,  // follows its request
  kBytes,
  kParts,     // iovec[]
  kMessage,   // msghdr
  kMessages,  // mmsghdr[]; the call returns how many it moved
  kAddress,   // sockaddr
  kOption,    // of a socket; follows its level and name
  kLength,    // socklen_t: the room for an argument, and what of it was used
  kFdPair,    // int[2]
  kFdSet,     // for as many descriptors as argument 0 says
  kTimeval,
  kPollFds,
  kEpollEvent,
  kEpollEvents,  // epoll_event[], as many as the call returns
  kTimer,        // itimerspec
  kTime,         // timespec
  kTimeLeft,     // timespec that is written when the call is interrupted
  kAction,       // sigaction
  kOffset,       // off_t
  kSignalSet,    // Linux's sigset_t
  kLimit,        // rlimit
};

enum class Direction : uint8_t { kIn, kOut, kInOut };  // kOut: the kernel writes it

struct Argument {
  ArgumentKind kind = ArgumentKind::kNone;
  Direction direction = Direction::kIn;
  // The argument that says how many bytes or elements there are, or points to a kLength; -1: none.
  int8_t counted_by = -1;
  bool may_be_null = false;  // it is an address, and Linux takes null for "not asked"

  constexpr Argument() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): so that rows are short
  constexpr Argument(ArgumentKind kind) : kind(kind) {}
  constexpr Argument(ArgumentKind kind, Direction direction, int8_t counted_by = -1,
                     bool may_be_null = false)
      : kind(kind), direction(direction), counted_by(counted_by), may_be_null(may_be_null) {}
  constexpr bool is_address() const { return kind >= ArgumentKind::kFirstAddress; }
};

inline constexpr size_t kMostArguments = 6;

struct alignas(64) CallRow {
  Call call;
  CallFamily family;
  // What may sleep may throw, and close and fcntl. glibc 2.36 declares the others nothrow
  // (__THROW), so compilers build their callers without a way out for exceptions: no kernel and no
  // layer may throw from them, and the shim aborts with the name if one does. sendfile sleeps and
  // is declared nothrow: an exception passes C functions, and those of C++ that have nothing to
  // destroy. A run is best ended from a call that sleeps: close is called by destructors, which an
  // exception must not leave either.
  bool may_throw;
  // Asks Linux for something that cannot sleep and changes nothing.
  bool only_asks;
  int16_t number;  // SYS_...
  // As strace prints it, but for recv and send, which x86-64 carries out by recvfrom and sendto.
  std::string_view name;
  Argument arguments[kMostArguments];

  // The argument that says how many bytes a transfer moves; kMostArguments for none.
  constexpr size_t size_argument() const {
    size_t index = 0;
    while (index < kMostArguments && arguments[index].kind != ArgumentKind::kSize) ++index;
    return index;
  }
  // Whether the result of a transfer is a number of messages, not of bytes.
  constexpr bool counts_messages() const { return arguments[1].kind == ArgumentKind::kMessages; }
  constexpr size_t argument_count() const {
    size_t count = 0;
    while (count < kMostArguments && arguments[count].kind != ArgumentKind::kNone) ++count;
    return count;
  }
};

namespace internal {

using enum ArgumentKind;
using enum Direction;
inline constexpr bool kMayThrow = true, kNoThrow = false, kOnlyAsks = true, kActs = false;
inline constexpr bool kOptional = true;
inline constexpr int8_t kFixed = -1;

// clang-format off
inline constexpr CallRow kCallTable[] = {
    {Call::kSocket, CallFamily::kOther, kNoThrow, kActs, SYS_socket, "socket",
     {kDomain, kSocketType, kInt}},
    {Call::kSocketpair, CallFamily::kOther, kNoThrow, kActs, SYS_socketpair, "socketpair",
     {kDomain, kSocketType, kInt, {kFdPair, kOut}}},
    {Call::kBind, CallFamily::kOther, kNoThrow, kActs, SYS_bind, "bind",
     {kFd, {kAddress, kIn, 2}, kUnshown}},
    {Call::kListen, CallFamily::kOther, kNoThrow, kActs, SYS_listen, "listen",
     {kFd, kInt}},
    {Call::kAccept, CallFamily::kAccept, kMayThrow, kActs, SYS_accept4, "accept4",
     {kFd, {kAddress, kOut, 2, kOptional}, {kLength, kInOut, kFixed, kOptional}, kSocketFlags}},
    {Call::kConnect, CallFamily::kOther, kMayThrow, kActs, SYS_connect, "connect",
     {kFd, {kAddress, kIn, 2}, kUnshown}},
    {Call::kShutdown, CallFamily::kShutdown, kNoThrow, kActs, SYS_shutdown, "shutdown",
     {kFd, kHow}},
    {Call::kGetsockname, CallFamily::kOther, kNoThrow, kOnlyAsks, SYS_getsockname, "getsockname",
     {kFd, {kAddress, kOut, 2}, {kLength, kInOut}}},
    {Call::kGetpeername, CallFamily::kPeerName, kNoThrow, kOnlyAsks, SYS_getpeername, "getpeername",
     {kFd, {kAddress, kOut, 2}, {kLength, kInOut}}},
    {Call::kGetsockopt, CallFamily::kOther, kNoThrow, kActs, SYS_getsockopt, "getsockopt",
     {kFd, kLevel, kOptionName, {kOption, kOut, 4}, {kLength, kInOut}}},
    {Call::kSetsockopt, CallFamily::kSetsockopt, kNoThrow, kActs, SYS_setsockopt, "setsockopt",
     {kFd, kLevel, kOptionName, {kOption, kIn, 4}, kUnshown}},
    {Call::kRecv, CallFamily::kRecv, kMayThrow, kActs, SYS_recvfrom, "recv",
     {kFd, {kBytes, kOut, 2}, kSize, kMessageFlags}},
    {Call::kSend, CallFamily::kSend, kMayThrow, kActs, SYS_sendto, "send",
     {kFd, {kBytes, kIn, 2}, kSize, kMessageFlags}},
    {Call::kRecvmsg, CallFamily::kRecv, kMayThrow, kActs, SYS_recvmsg, "recvmsg",
     {kFd, {kMessage, kOut}, kMessageFlags}},
    {Call::kSendmsg, CallFamily::kSend, kMayThrow, kActs, SYS_sendmsg, "sendmsg",
     {kFd, {kMessage, kIn}, kMessageFlags}},
    {Call::kRead, CallFamily::kRecv, kMayThrow, kActs, SYS_read, "read",
     {kFd, {kBytes, kOut, 2}, kSize}},
    {Call::kWrite, CallFamily::kSend, kMayThrow, kActs, SYS_write, "write",
     {kFd, {kBytes, kIn, 2}, kSize}},
    {Call::kReadv, CallFamily::kRecv, kMayThrow, kActs, SYS_readv, "readv",
     {kFd, {kParts, kOut, 2}, kPartCount}},
    {Call::kWritev, CallFamily::kSend, kMayThrow, kActs, SYS_writev, "writev",
     {kFd, {kParts, kIn, 2}, kPartCount}},
    {Call::kClose, CallFamily::kClose, kMayThrow, kActs, SYS_close, "close",
     {kFd}},
    {Call::kFcntl, CallFamily::kFcntl, kMayThrow, kActs, SYS_fcntl, "fcntl",
     {kFd, kFcntlCommand, kFcntlArgument}},
    {Call::kIoctl, CallFamily::kOther, kNoThrow, kActs, SYS_ioctl, "ioctl",
     {kFd, kIoctlRequest, {kIoctlArgument, kInOut, kFixed, kOptional}}},
    {Call::kDup, CallFamily::kOther, kNoThrow, kActs, SYS_dup, "dup",
     {kFd}},
    {Call::kDup3, CallFamily::kOther, kNoThrow, kActs, SYS_dup3, "dup3",
     {kFd, kFd, kOpenFlags}},
    {Call::kPipe2, CallFamily::kOther, kNoThrow, kActs, SYS_pipe2, "pipe2",
     {{kFdPair, kOut}, kOpenFlags}},
    {Call::kSelect, CallFamily::kWait, kMayThrow, kActs, SYS_select, "select",
     {kInt, {kFdSet, kInOut, 0, kOptional}, {kFdSet, kInOut, 0, kOptional}, {kFdSet, kInOut, 0, kOptional},
      {kTimeval, kInOut, kFixed, kOptional}}},
    {Call::kPoll, CallFamily::kWait, kMayThrow, kActs, SYS_poll, "poll",
     {{kPollFds, kInOut, 1}, kCount, kInt}},
    {Call::kEpollCreate1, CallFamily::kOther, kNoThrow, kActs, SYS_epoll_create1, "epoll_create1",
     {kEpollFlags}},
    {Call::kEpollCtl, CallFamily::kEpollCtl, kNoThrow, kActs, SYS_epoll_ctl, "epoll_ctl",
     {kFd, kEpollOperation, kFd, {kEpollEvent, kIn, kFixed, kOptional}}},
    {Call::kEpollWait, CallFamily::kWait, kMayThrow, kActs, SYS_epoll_wait, "epoll_wait",
     {kFd, {kEpollEvents, kOut, 2}, kInt, kInt}},
    {Call::kEventfd, CallFamily::kOther, kNoThrow, kActs, SYS_eventfd2, "eventfd2",
     {kUnsigned, kEventfdFlags}},
    {Call::kTimerfdCreate, CallFamily::kOther, kNoThrow, kActs, SYS_timerfd_create, "timerfd_create",
     {kClock, kTimerfdFlags}},
    {Call::kTimerfdSettime, CallFamily::kOther, kNoThrow, kActs, SYS_timerfd_settime, "timerfd_settime",
     {kFd, kSettimeFlags, {kTimer, kIn}, {kTimer, kOut, kFixed, kOptional}}},
    {Call::kTimerfdGettime, CallFamily::kOther, kNoThrow, kActs, SYS_timerfd_gettime, "timerfd_gettime",
     {kFd, {kTimer, kOut}}},
    {Call::kClockGettime, CallFamily::kOther, kNoThrow, kActs, SYS_clock_gettime, "clock_gettime",
     {kClock, {kTime, kOut}}},
    {Call::kNanosleep, CallFamily::kOther, kMayThrow, kActs, SYS_nanosleep, "nanosleep",
     {{kTime, kIn}, {kTimeLeft, kInOut, kFixed, kOptional}}},
    {Call::kSigaction, CallFamily::kOther, kNoThrow, kActs, SYS_rt_sigaction, "rt_sigaction",
     {kSignal, {kAction, kIn, kFixed, kOptional}, {kAction, kOut, kFixed, kOptional}}},
    {Call::kSendfile, CallFamily::kSend, kMayThrow, kActs, SYS_sendfile, "sendfile",
     {kFd, kFd, {kOffset, kInOut, kFixed, kOptional}, kSize}},
    {Call::kSignalfd4, CallFamily::kOther, kNoThrow, kActs, SYS_signalfd4, "signalfd4",
     {kFd, {kSignalSet, kIn}, kCount, kSignalfdFlags}},
    {Call::kRecvmmsg, CallFamily::kRecv, kMayThrow, kActs, SYS_recvmmsg, "recvmmsg",
     {kFd, {kMessages, kOut, 2}, kCount, kMessageFlags, {kTime, kInOut, kFixed, kOptional}}},
    {Call::kSendmmsg, CallFamily::kSend, kMayThrow, kActs, SYS_sendmmsg, "sendmmsg",
     {kFd, {kMessages, kIn, 2}, kCount, kMessageFlags}},
    {Call::kPrlimit64, CallFamily::kOther, kNoThrow, kActs, SYS_prlimit64, "prlimit64",
     {kInt, kInt, {kLimit, kIn, kFixed, kOptional}, {kLimit, kOut, kFixed, kOptional}}},
    {Call::kSplice, CallFamily::kRecv, kMayThrow, kActs, SYS_splice, "splice",
     {kFd, {kOffset, kInOut, kFixed, kOptional}, kFd, {kOffset, kInOut, kFixed, kOptional}, kSize, kUnsigned}},
    {Call::kTee, CallFamily::kOther, kMayThrow, kActs, SYS_tee, "tee",
     {kFd, kFd, kSize, kUnsigned}},
};
// clang-format on
static_assert(std::size(kCallTable) == kCallCount);
static_assert([] {
  for (int i = 0; i < kCallCount; ++i) {
    if (kCallTable[i].call != static_cast<Call>(i)) return false;
  }
  return true;
}());

}  // namespace internal

// Asked several times in each call of the server, so they are inline.
constexpr const CallRow& RowOf(Call call) {
  return internal::kCallTable[static_cast<size_t>(call)];
}
constexpr std::string_view CallName(Call call) { return RowOf(call).name; }
constexpr CallFamily FamilyOf(Call call) { return RowOf(call).family; }
constexpr bool MayThrow(Call call) { return RowOf(call).may_throw; }
constexpr bool IsOnDescriptor(Call call) {
  return RowOf(call).arguments[0].kind == ArgumentKind::kFd;
}

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_CALL_TABLE_H_
