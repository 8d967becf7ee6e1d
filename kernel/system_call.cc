#include "kernel/system_call.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "kernel/user_memory.h"

namespace hupstorm {
namespace {

size_t SumOfParts(const iovec* parts, size_t count) {
  if (count > IOV_MAX || !CanRead(parts, count * sizeof *parts)) return 0;
  size_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += parts[i].iov_len;
  return sum;
}

// What select itself reads: a set may be smaller than fd_set if the count is small.
size_t BytesOfSets(const SystemCall& select) {
  const int count = select.Int(0);
  return count <= 0 ? 0 : (static_cast<size_t>(std::min(count, FD_SETSIZE)) + 63) / 64 * 8;
}

}  // namespace

size_t SumOfMessage(const msghdr& message) {
  return SumOfParts(message.msg_iov, message.msg_iovlen);
}

size_t BytesAsked(const SystemCall& call) {
  const CallRow& row = RowOf(call.call);
  switch (row.arguments[1].kind) {
    case ArgumentKind::kParts:
      return call.Int(2) < 0 ? 0 : SumOfParts(call.Pointer<iovec>(1), call.Size(2));
    case ArgumentKind::kMessage: {
      const auto* const message = call.Pointer<msghdr>(1);
      return CanRead(message, sizeof *message) ? SumOfMessage(*message) : 0;
    }
    case ArgumentKind::kMessages: {
      const auto* const messages = call.Pointer<mmsghdr>(1);
      size_t sum = 0;
      const size_t count = std::min<size_t>(call.Size(2), UIO_MAXIOV);
      for (size_t i = 0; i < count && CanRead(&messages[i], sizeof *messages); ++i)
        sum += SumOfMessage(messages[i].msg_hdr);
      return sum;
    }
    default:
      return row.size_argument() < kMostArguments ? call.Size(row.size_argument()) : 0;
  }
}

int64_t internal::SumOfMessages(const SystemCall& call) {
  const auto* const messages = call.Pointer<mmsghdr>(1);
  return std::accumulate(messages, messages + call.result, int64_t{0},
                         [](int64_t sum, const mmsghdr& message) { return sum + message.msg_len; });
}

size_t BytesAt(const SystemCall& call, size_t index) {
  const Argument& argument = RowOf(call.call).arguments[index];
  const int64_t count =
      argument.counted_by < 0 ? 0 : call.arguments[static_cast<size_t>(argument.counted_by)];
  // More than a process has descriptors, and Linux refuses it.
  const auto elements = static_cast<size_t>(std::clamp<int64_t>(count, 0, 1 << 20));
  switch (argument.kind) {
    case ArgumentKind::kBytes:
      return static_cast<size_t>(count);
    case ArgumentKind::kAddress:
    case ArgumentKind::kOption:
      if (argument.direction == Direction::kIn) return static_cast<socklen_t>(count);
      {
        socklen_t room = 0;
        return CopyIn(&room, reinterpret_cast<const void*>(count)) ? room : 0;
      }
    case ArgumentKind::kFdSet:
      return (elements + NFDBITS - 1) / NFDBITS * sizeof(fd_mask);
    case ArgumentKind::kMessages:
      return elements * sizeof(mmsghdr);
    case ArgumentKind::kPollFds:
      return elements * sizeof(pollfd);
    case ArgumentKind::kEpollEvents:
      return elements * sizeof(epoll_event);
    case ArgumentKind::kEpollEvent:
      return sizeof(epoll_event);
    case ArgumentKind::kLength:
      return sizeof(socklen_t);
    case ArgumentKind::kIoctlArgument:
      return sizeof(int);
    case ArgumentKind::kFdPair:
      return 2 * sizeof(int);
    case ArgumentKind::kSignalSet:
      return sizeof(uint64_t);
    case ArgumentKind::kOffset:
      return sizeof(off_t);
    case ArgumentKind::kTimeval:
      return sizeof(timeval);
    case ArgumentKind::kTimer:
      return sizeof(itimerspec);
    case ArgumentKind::kTime:
    case ArgumentKind::kTimeLeft:
      return sizeof(timespec);
    case ArgumentKind::kAction:
      return sizeof(struct sigaction);
    case ArgumentKind::kLimit:
      return sizeof(rlimit);
    default:
      return 0;
  }
}

int MessageFlags(const SystemCall& call) {
  const CallRow& row = RowOf(call.call);
  for (const size_t index : {2, 3}) {
    if (row.arguments[index].kind == ArgumentKind::kMessageFlags) return call.Int(index);
  }
  return 0;
}

int TimeoutMs(const SystemCall& call) {
  if (call.call == Call::kPoll) return call.Int(2);
  if (call.call == Call::kEpollWait) return call.Int(3);
  timeval timeout;
  if (!CopyIn(&timeout, call.Pointer<timeval>(4))) return -1;
  if (timeout.tv_sec > INT_MAX / 1000 - 1) return INT_MAX;
  return static_cast<int>(timeout.tv_sec * 1000 + (timeout.tv_usec + 999) / 1000);
}

SelectQuestion::SelectQuestion(const SystemCall& select) : timeout_ms(TimeoutMs(select)) {
  for (size_t i = 0; i < 3; ++i) {
    FD_ZERO(&sets[i]);
    const void* const given = select.Pointer<void>(i + 1);
    if (CanRead(given, BytesOfSets(select)) && given != nullptr)
      std::memcpy(&sets[i], given, BytesOfSets(select));
  }
}

void SelectQuestion::Restore(const SystemCall& select) const {
  for (size_t i = 0; i < 3; ++i) {
    void* const given = select.Pointer<void>(i + 1);
    if (CanWrite(given, BytesOfSets(select)) && given != nullptr)
      std::memcpy(given, &sets[i], BytesOfSets(select));
  }
}

}  // namespace hupstorm
