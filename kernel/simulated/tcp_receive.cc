// The receiving half of TCP (tcp_recvmsg_locked, tcp_recv_urg).

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>

#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated::tcp {
namespace {

bool UrgentIsInline(const TcpEndpoint& endpoint) { return endpoint.options.urgent_inline; }

ssize_t ReceiveUrgent(TcpEndpoint& endpoint, IoVector& to, int flags) {
  if (UrgentIsInline(endpoint) || endpoint.urgent == Urgent::kNone ||
      endpoint.urgent == Urgent::kRead) {
    return -EINVAL;
  }
  if (endpoint.state == TcpState::kClosed && !endpoint.done) return -ENOTCONN;
  if (endpoint.urgent == Urgent::kValid) {
    if ((flags & MSG_PEEK) == 0) endpoint.urgent = Urgent::kRead;
    if (to.left() == 0) return 0;
    if (!to.CanTouch(1)) return -EFAULT;
    if ((flags & MSG_TRUNC) == 0) to.Next(1)[0] = static_cast<std::byte>(endpoint.urgent_byte);
    to.Advance(1);
    return 1;
  }
  const bool ended =
      endpoint.state == TcpState::kClosed || (endpoint.shutdown & kReceiveShutdown) != 0;
  return ended ? 0 : -EAGAIN;
}

// Copies or takes `count` bytes that start `offset` bytes into the queue.
void CopyPart(Kernel& kernel, TcpEndpoint& endpoint, IoVector& to, size_t offset, size_t count,
              int flags) {
  to.ForEachPiece(count, [&](std::byte* piece, size_t size) {
    if ((flags & MSG_PEEK) == 0) {
      endpoint.receive.Take(kernel.chunks, (flags & MSG_TRUNC) == 0 ? piece : nullptr, size);
    } else {
      if ((flags & MSG_TRUNC) == 0) endpoint.receive.CopyOut(offset, piece, size);
      offset += size;
    }
  });
}

}  // namespace

void OpenWindow(Kernel& kernel, TcpEndpoint& endpoint) {
  if (!endpoint.sender_waits || endpoint.remote == nullptr) return;
  // A window that was shut opens again when half of the buffer is free (__tcp_select_window).
  if (endpoint.receive.size() <= endpoint.receive_capacity / 2) Transmit(kernel, *endpoint.remote);
}

ssize_t Receive(Kernel& kernel, TcpEndpoint& endpoint, IoVector& to, const Transfer& transfer) {
  const int flags = transfer.flags;
  if ((flags & MSG_ERRQUEUE) != 0) return -EAGAIN;  // nothing ever comes by it
  if (endpoint.state == TcpState::kListen) return -ENOTCONN;
  if ((flags & MSG_OOB) != 0) return ReceiveUrgent(endpoint, to, flags);

  const SleepRequest request =
      SleepOf(kernel, endpoint, transfer, endpoint.options.receive_timeout_ns);
  // sock_rcvlowat: how many bytes are enough.
  size_t target =
      (flags & MSG_WAITALL) != 0
          ? to.left()
          : std::min<size_t>(static_cast<size_t>(endpoint.options.receive_low_water), to.left());
  target = std::max<size_t>(target, 1);
  const bool peek = (flags & MSG_PEEK) != 0;
  size_t copied = 0;
  size_t peeked = 0;  // how far a peek has come, urgent bytes that it jumped over included
  ssize_t failure = 0;
  do {
    const uint32_t position = endpoint.read_sequence + static_cast<uint32_t>(peeked);
    if (endpoint.urgent != Urgent::kNone && endpoint.urgent_sequence == position && copied > 0) {
      break;
    }
    size_t used = endpoint.receive.size() - peeked;
    if (used > 0) {
      used = std::min(used, to.left());
      if (endpoint.urgent != Urgent::kNone) {
        const uint32_t until_urgent = endpoint.urgent_sequence - position;
        if (until_urgent == 0 && !UrgentIsInline(endpoint)) {
          if (used == 0) break;
          // Passes over the urgent byte.
          if (peek) {
            ++peeked;
          } else {
            endpoint.receive.Take(kernel.chunks, nullptr, 1);
            ++endpoint.read_sequence;
            endpoint.urgent = Urgent::kNone;
          }
          continue;
        }
        if (until_urgent > 0 && until_urgent < used) used = until_urgent;
      }
      if ((flags & MSG_TRUNC) == 0 && !to.CanTouch(used)) {
        failure = -EFAULT;
        break;
      }
      CopyPart(kernel, endpoint, to, peeked, used, flags);
      copied += used;
      if (peek) {
        peeked += used;
      } else {
        endpoint.read_sequence += static_cast<uint32_t>(used);
        if (endpoint.urgent != Urgent::kNone &&
            static_cast<int32_t>(endpoint.read_sequence - endpoint.urgent_sequence) > 0) {
          endpoint.urgent = Urgent::kNone;
        }
      }
      continue;
    }
    if (copied >= target) break;
    if (copied > 0) {
      if (!request.may_sleep || endpoint.error != 0 || endpoint.state == TcpState::kClosed ||
          (endpoint.shutdown & kReceiveShutdown) != 0) {
        break;
      }
    } else {
      if (endpoint.done) {
        if (!peek) endpoint.end_seen = true;
        break;
      }
      if (endpoint.error != 0) {
        failure = -TakeError(endpoint);
        break;
      }
      if ((endpoint.shutdown & kReceiveShutdown) != 0) break;
      if (endpoint.state == TcpState::kClosed) {
        failure = -ENOTCONN;
        break;
      }
      if (!request.may_sleep) {
        failure = -EAGAIN;
        break;
      }
    }
    if (!peek) OpenWindow(kernel, endpoint);
    if (!endpoint.receive.empty() && peeked < endpoint.receive.size()) continue;
    if (const int woken = Sleep(kernel, endpoint, request); woken != 0) {
      return copied > 0 ? static_cast<ssize_t>(copied) : woken;
    }
  } while (to.left() > 0);
  if (!peek) OpenWindow(kernel, endpoint);
  return copied > 0 ? static_cast<ssize_t>(copied) : failure;
}

}  // namespace hupstorm::simulated::tcp
