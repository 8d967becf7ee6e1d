#include "bench/claims/call_counter.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include <numeric>

namespace hupstorm {
namespace {

// `at_once`: of a select that does not wait.
CopiedBytes CopiedBy(const SystemCall& call, bool at_once) {
  const bool failed = call.result < 0;
  switch (call.call) {
    case Call::kSelect: {
      const auto& a = call.arguments;
      const int given = (a[1] != 0) + (a[2] != 0) + (a[3] != 0);
      return SelectBytes(call.Int(0), given, a[4] != 0, at_once, failed);
    }
    case Call::kPoll:
      return PollBytes(call.Size(1), failed);
    case Call::kEpollWait:
      return EpollWaitBytes(call.result);
    case Call::kEpollCtl:
      return EpollCtlBytes(call.Int(1));
    default:
      return {};
  }
}

}  // namespace

CopiedBytes SelectBytes(int count, int sets, bool has_timeout, bool zero_timeout, bool failed) {
  constexpr uint64_t kLongBits = 8 * sizeof(long);
  const uint64_t longs = (static_cast<uint64_t>(count) + kLongBits - 1) / kLongBits;
  const uint64_t bytes = static_cast<uint64_t>(sets) * longs * sizeof(long);
  CopiedBytes copied = {.in = bytes, .out = failed ? 0 : bytes};
  if (has_timeout) copied.in += sizeof(timeval);
  if (has_timeout && !zero_timeout) copied.out += sizeof(timeval);
  return copied;
}

CopiedBytes PollBytes(uint64_t count, bool failed) {
  return {.in = count * sizeof(pollfd), .out = failed ? 0 : count * sizeof(pollfd::revents)};
}

CopiedBytes EpollWaitBytes(int64_t result) {
  return {.in = 0, .out = result > 0 ? static_cast<uint64_t>(result) * sizeof(epoll_event) : 0};
}

CopiedBytes EpollCtlBytes(int operation) {
  return {.in = operation == EPOLL_CTL_DEL ? 0 : sizeof(epoll_event), .out = 0};
}

uint64_t CallCounts::all() const { return std::accumulate(calls.begin(), calls.end(), 0UL); }

CallCounts CallCounts::Since(const CallCounts& earlier) const {
  CallCounts since = *this;
  for (size_t i = 0; i < calls.size(); ++i) since.calls[i] -= earlier.calls[i];
  since.copied = copied - earlier.copied;
  return since;
}

bool CallCounter::Enter(SystemCall& call) {
  at_once_ = call.call == Call::kSelect && TimeoutMs(call) == 0;
  return true;
}

void CallCounter::Leave(SystemCall& call) {
  ++counts_.calls[static_cast<size_t>(call.call)];
  counts_.copied = counts_.copied + CopiedBy(call, at_once_);
}

}  // namespace hupstorm
