// The sending half of TCP (tcp_sendmsg_locked, tcp_write_xmit, net/core/stream.c).

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/timespec.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated::tcp {
namespace {

uint32_t SendCapacity(const TcpEndpoint& endpoint) {
  return static_cast<uint32_t>(endpoint.options.send_buffer);
}

// A part of a segment that waits for more goes all the same after this long (tcp_probe0_base).
constexpr int64_t kLongestHoldNs = 200 * kMillisecondNs;

// tcp_nagle_test: a part of a segment waits for more. Without delay Nagle's own rule has no effect.
bool HoldsPartsBack(const TcpEndpoint& from) {
  return (from.options.cork || from.more_follows) && !from.fin_wanted && !from.urgent_mode;
}

// tcp_check_probe_timer
void HoldPart(Kernel& kernel, TcpEndpoint& from) {
  if (from.holds_part) return;
  ArmTimer(kernel, from, kernel.timers.now_ns() + kLongestHoldNs);
  from.holds_part = true;
}

void EndHold(Kernel& kernel, TcpEndpoint& from) {
  if (!from.holds_part) return;
  DisarmTimer(kernel, from);
  from.holds_part = false;
}

// tcp_stream_memory_free: TCP_NOTSENT_LOWAT lets more in. A waiter is woken when half of it is
// free.
bool IsBelowLowWater(const TcpEndpoint& from, uint32_t not_sent) {
  const uint32_t low_water = from.options.not_sent_low_water;
  return low_water == 0 || not_sent < low_water;
}

bool MaySend(const TcpEndpoint& endpoint) {
  return endpoint.state == TcpState::kEstablished || endpoint.state == TcpState::kCloseWait;
}

// Whether data would be answered with RST: the other end is closed for reading and for good.
bool RefusesData(const TcpEndpoint& to) {
  return (to.shutdown & kReceiveShutdown) != 0 && to.state != TcpState::kEstablished;
}

uint32_t Window(const TcpEndpoint& to) {
  const uint32_t used = to.receive.size();
  return used < to.receive_capacity ? to.receive_capacity - used : 0;
}

// How many bytes the other end takes straight from the caller.
uint32_t DirectRoom(const TcpEndpoint& from) {
  const TcpEndpoint* to = from.remote;
  if (to == nullptr || !from.send.empty() || RefusesData(*to) || HoldsPartsBack(from)) return 0;
  return Window(*to);
}

// tcp_check_urg: the other end learns where the urgent byte is.
void AnnounceUrgent(Kernel& kernel, TcpEndpoint& to, uint32_t sequence) {
  const auto is_after = [](uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) > 0; };
  if (is_after(to.read_sequence, sequence) || is_after(to.NextToReceive(), sequence)) return;
  if (to.urgent != Urgent::kNone && !is_after(sequence, to.urgent_sequence)) return;
  if (to.urgent != Urgent::kNone && to.urgent_sequence == to.read_sequence &&
      !to.options.urgent_inline && !to.receive.empty()) {
    // The former urgent byte is the next to read: it is dropped.
    to.receive.Take(kernel.chunks, nullptr, 1);
    ++to.read_sequence;
  }
  to.urgent = Urgent::kAnnounced;
  to.urgent_sequence = sequence;
}

// tcp_data_snd_check, which the slow path of tcp_rcv_established ends with: at an urgent byte, at a
// FIN, and at a client's first segment. What waits for more only since a send said so goes then.
void PushAtNews(Kernel& kernel, TcpEndpoint& to) {
  if (to.holds_part && !to.options.cork) Transmit(kernel, to, true);
}

// What follows when bytes of `from` have arrived in to.receive.
void Arrived(Kernel& kernel, TcpEndpoint& from, TcpEndpoint& to) {
  to.last_received_ns = to.last_data_received_ns = from.last_data_sent_ns = kernel.timers.now_ns();
  ++from.segments_out;
  ++to.segments_in;
  if (to.state == TcpState::kSynRecv) EndDeferral(kernel, to);
  if (to.urgent == Urgent::kAnnounced &&
      static_cast<int32_t>(to.NextToReceive() - to.urgent_sequence) > 0) {
    std::byte urgent;
    to.receive.CopyOut(to.urgent_sequence - to.read_sequence, &urgent, 1);
    to.urgent_byte = static_cast<uint8_t>(urgent);
    to.urgent = Urgent::kValid;
    WakeEndpoint(kernel, to, kDataReady);
  }
  // tcp_data_ready, and tcp_epollin_ready behind it.
  if (to.receive.size() >= static_cast<uint32_t>(to.options.receive_low_water) || Window(to) == 0 ||
      to.done) {
    WakeEndpoint(kernel, to, kDataReady);
  }
  if (to.segments_in == 1 && !to.passive) PushAtNews(kernel, to);
}

// tcp_check_space: there is room to send again.
void CheckSpace(Kernel& kernel, TcpEndpoint& from) {
  if (from.is_peer) {
    WakeEndpoint(kernel, from, kWriteSpace);
  } else if (from.no_space && IsWritable(from)) {
    from.no_space = false;
    WakeEndpoint(kernel, from, kWriteSpace);
  }
}

}  // namespace

bool IsWritable(const TcpEndpoint& endpoint) {
  const uint32_t queued = endpoint.send.size();
  const uint32_t capacity = SendCapacity(endpoint);
  return queued < capacity && capacity - queued >= queued / 2 &&
         IsBelowLowWater(endpoint, queued * 2);
}

void WakeIfWritable(Kernel& kernel, TcpEndpoint& endpoint) {
  // It wakes whether or not a sender found the buffer full.
  if (!IsWritable(endpoint)) return;
  endpoint.no_space = false;
  WakeEndpoint(kernel, endpoint, kWriteSpace);
}

int TakeError(TcpEndpoint& endpoint) {
  const int error = endpoint.error;
  endpoint.error = 0;
  return error;
}

size_t SendSpace(const TcpEndpoint& endpoint) {
  const uint32_t queued = endpoint.send.size();
  const uint32_t capacity = SendCapacity(endpoint);
  if (endpoint.options.not_sent_low_water != 0) {
    // What is appended to the last segment is not held to it (tcp_sendmsg_locked).
    if (!IsBelowLowWater(endpoint, queued)) return 0;
    return std::min(queued < capacity ? capacity - queued : 0, uint32_t{endpoint.segment}) +
           DirectRoom(endpoint);
  }
  return (queued < capacity ? capacity - queued : 0) + DirectRoom(endpoint);
}

size_t Queue(Kernel& kernel, TcpEndpoint& from, IoVector& bytes, size_t count, bool urgent) {
  size_t left = std::min(count, SendSpace(from));
  if (!bytes.CanTouch(left)) return 0;
  const size_t taken = left;
  const auto append = [&](ByteQueue& queue, size_t part) {
    left -= part;
    bytes.ForEachPiece(part, [&](const std::byte* piece, size_t size) {
      queue.Append(kernel.chunks, piece, size);
    });
  };
  from.write_sequence += static_cast<uint32_t>(taken);
  if (urgent) {
    from.urgent_end = from.write_sequence;
    from.urgent_mode = true;
  }
  if (const size_t direct = std::min<size_t>(left, DirectRoom(from)); direct > 0) {
    TcpEndpoint& to = *from.remote;
    const bool is_urgent = from.urgent_mode;
    if (is_urgent) {
      AnnounceUrgent(kernel, to, from.urgent_end - 1);
      if (direct == left) from.urgent_mode = false;
    }
    append(to.receive, direct);
    Arrived(kernel, from, to);
    if (is_urgent) PushAtNews(kernel, to);
  }
  if (left > 0) {
    append(from.send, left);
    Transmit(kernel, from);
  }
  return taken;
}

void Transmit(Kernel& kernel, TcpEndpoint& from, bool push) {
  const bool fin_waits = from.fin_wanted && !from.fin_sent;
  if (from.vanished || (from.send.empty() && !fin_waits)) return;
  const uint32_t held = push || !HoldsPartsBack(from) ? 0 : from.send.size() % from.segment;
  if (held > 0 && held == from.send.size()) {
    HoldPart(kernel, from);
    return;
  }
  if (from.unanswered) {
    from.holds_part = false;
    AwaitAcknowledgment(kernel, from);
    return;
  }
  TcpEndpoint* to = from.remote;
  if (to == nullptr) {
    ReceiveReset(kernel, from);
    return;
  }
  if (!from.send.empty()) {
    if (RefusesData(*to)) {
      // "RFC 1122 says we MUST send a reset" (tcp_rcv_state_process). Urgent data is looked at
      // before that.
      if (from.urgent_mode) {
        AnnounceUrgent(kernel, *to, from.urgent_end - 1);
        if (to->urgent == Urgent::kAnnounced) {
          std::byte urgent;
          from.send.CopyOut(from.urgent_end - 1 - from.NextToSend(), &urgent, 1);
          to->urgent_byte = static_cast<uint8_t>(urgent);
          to->urgent = Urgent::kValid;
          if (!to->orphan) WakeEndpoint(kernel, *to, kDataReady);
        }
      }
      from.remote = nullptr;
      to->remote = nullptr;
      ReceiveReset(kernel, *to);
      ReceiveReset(kernel, from);
      return;
    }
    const uint32_t count = std::min(Window(*to), from.send.size() - held);
    if (count > 0) {
      if (from.urgent_mode) {
        AnnounceUrgent(kernel, *to, from.urgent_end - 1);
        if (static_cast<int32_t>(from.NextToSend() + count - from.urgent_end) >= 0) {
          from.urgent_mode = false;
        }
      }
      from.send.MoveTo(kernel.chunks, to->receive, count);
      Arrived(kernel, from, *to);
      if (!from.orphan) CheckSpace(kernel, from);
    }
    to->sender_waits = !from.send.empty();
    if (!from.send.empty()) {
      if (held > 0) HoldPart(kernel, from);
      return;
    }
    EndHold(kernel, from);
  }
  if (!fin_waits) return;
  TcpEndpoint& other = *to;
  DeliverFin(kernel, from);
  if (!other.orphan) PushAtNews(kernel, other);
}

ssize_t Send(Kernel& kernel, TcpEndpoint& endpoint, IoVector& from, const Transfer& transfer) {
  const SleepRequest request =
      SleepOf(kernel, endpoint, transfer, endpoint.options.send_timeout_ns);
  size_t copied = 0;
  int error = 0;
  while (!MaySend(endpoint) && error == 0) {  // sk_stream_wait_connect
    if (endpoint.error != 0) {
      error = TakeError(endpoint);
    } else if (endpoint.state != TcpState::kSynSent && endpoint.state != TcpState::kSynRecv) {
      error = EPIPE;
    } else {
      error = -Sleep(kernel, endpoint, request);
    }
  }
  if (error == 0 && (endpoint.error != 0 || (endpoint.shutdown & kSendShutdown) != 0)) {
    error = EPIPE;
  }
  if (from.left() > 0) endpoint.more_follows = (transfer.flags & MSG_MORE) != 0;
  while (error == 0 && from.left() > 0) {
    const size_t room = SendSpace(endpoint);
    if (room > 0) {
      const size_t taken =
          Queue(kernel, endpoint, from, from.left(), (transfer.flags & MSG_OOB) != 0);
      copied += taken;
      if (from.left() == 0) break;
      if (taken == 0) {
        error = EFAULT;
        break;
      }
    }
    if (endpoint.holds_part) {
      // Before it waits for room it pushes what it holds back.
      Transmit(kernel, endpoint, true);
      if (SendSpace(endpoint) > 0) continue;
    }
    // sk_stream_wait_memory
    endpoint.no_space = true;
    if (endpoint.error != 0 || (endpoint.shutdown & kSendShutdown) != 0) {
      error = EPIPE;
    } else {
      error = -Sleep(kernel, endpoint, request);
    }
  }
  if (copied > 0 || error == 0) return static_cast<ssize_t>(copied);
  if (error == EPIPE) {  // sk_stream_error
    if (const int pending = TakeError(endpoint); pending != 0) error = pending;
    if (error == EPIPE && (transfer.flags & MSG_NOSIGNAL) == 0) kernel.signals.RaiseSigpipe();
  }
  return -error;
}

}  // namespace hupstorm::simulated::tcp
