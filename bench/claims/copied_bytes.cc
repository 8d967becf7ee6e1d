#include "bench/claims/copied_bytes.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/time.h>

namespace hupstorm {

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

}  // namespace hupstorm
