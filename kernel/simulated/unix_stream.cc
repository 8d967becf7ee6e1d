#include "kernel/simulated/unix_stream.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "kernel/simulated/state.h"

namespace hupstorm::simulated {
namespace {

constexpr size_t kSegmentOverhead = 768;  // the memory that Linux counts for the shortest message
constexpr uint32_t kMostDatagrams = 10;   // net.unix.max_dgram_qlen

bool IsOrderly(const UnixStream& stream) { return stream.type != SOCK_DGRAM; }

// Linux counts what a socket has sent and nobody has read yet; here it is all that waits at the
// other end.
size_t Queued(const UnixStream& stream) {
  if (stream.other == nullptr) return 0;
  const size_t bytes = stream.other->receive.size();
  const bool whole = stream.type != SOCK_STREAM;
  return whole ? bytes + stream.other->unread_segments * kSegmentOverhead : bytes;
}

// unix_writable: a quarter of the send buffer.
bool IsWritable(const UnixStream& stream) {
  return stream.state != UnixState::kListening &&
         Queued(stream) * 4 <= static_cast<size_t>(stream.options.send_buffer);
}

void PushSegment(Kernel& kernel, UnixStream& to, const UnixSegment& segment) {
  if (to.unread_segments++ == 0) {
    to.first = segment;
  } else {
    to.segments.Append(kernel.chunks, reinterpret_cast<const std::byte*>(&segment), sizeof segment);
  }
}

// Of the unread ones.
UnixSegment SegmentAt(const UnixStream& stream, uint32_t index) {
  if (index == 0) return stream.first;
  UnixSegment segment;
  stream.segments.CopyOut((index - 1) * sizeof segment, reinterpret_cast<std::byte*>(&segment),
                          sizeof segment);
  return segment;
}

// The oldest one is read to its end: Linux gives back memory, and with it room to send, by whole
// sends.
void PopSegment(Kernel& kernel, UnixStream& stream) {
  stream.first = {};
  if (--stream.unread_segments > 0) {
    stream.segments.Take(kernel.chunks, reinterpret_cast<std::byte*>(&stream.first),
                         sizeof stream.first);
  }
  if (stream.other != nullptr && IsWritable(*stream.other)) {
    Wake(kernel, *stream.other, kWriteSpace, false);
  }
}

void TakePassed(Kernel& kernel, UnixSegment& segment, const Transfer& transfer) {
  PassedDescriptors* const passed = std::exchange(segment.passed, nullptr);
  if (transfer.extras != nullptr) {
    transfer.extras->passed = passed;
  } else if (passed != nullptr) {
    DropPassed(kernel, passed);
  }
}

// One message, whatever is left of it (unix_dgram_recvmsg).
ssize_t ReceiveWhole(Kernel& kernel, UnixStream& stream, IoVector& to, const Transfer& transfer) {
  if (IsOrderly(stream) && stream.state != UnixState::kConnected) return -ENOTCONN;
  if ((transfer.flags & MSG_OOB) != 0) return -EOPNOTSUPP;
  const SleepRequest request = SleepOf(kernel, stream, transfer, stream.options.receive_timeout_ns);
  while (stream.unread_segments == 0) {
    if (stream.error != 0) return -std::exchange(stream.error, 0);
    if ((stream.shutdown & kReceiveShutdown) != 0) {
      return IsOrderly(stream) || request.may_sleep ? 0 : -EAGAIN;
    }
    if (const int woken = Sleep(kernel, stream, request); woken != 0) return woken;
  }
  const bool peek = (transfer.flags & MSG_PEEK) != 0;
  const size_t named = IsOrderly(stream) ? 0 : sizeof(UnixName);
  const size_t size = stream.first.left;
  const size_t count = std::min(size, to.left());
  if (!to.CanTouch(count)) return -EFAULT;
  if (MessageExtras* const extras = transfer.extras; extras != nullptr) {
    if (count < size) extras->flags |= MSG_TRUNC;
    if (named > 0) {
      stream.receive.CopyOut(0, reinterpret_cast<std::byte*>(&extras->from), named);
    }
    if (IsOrderly(stream)) {
      extras->from = stream.other != nullptr ? stream.other->name : stream.peer_name;
    }
    if (peek && stream.first.passed != nullptr) {
      extras->passed = CopyPassed(kernel, *stream.first.passed);
    }
  }
  size_t offset = named;
  to.ForEachPiece(count, [&](std::byte* piece, size_t part) {
    stream.receive.CopyOut(offset, piece, part);
    offset += part;
  });
  if (!peek) {
    TakePassed(kernel, stream.first, transfer);
    stream.receive.Take(kernel.chunks, nullptr, named + size);
    PopSegment(kernel, stream);
  }
  return static_cast<ssize_t>((transfer.flags & MSG_TRUNC) != 0 ? size : count);
}

// unix_dgram_sendmsg
ssize_t SendWhole(Kernel& kernel, UnixStream& stream, IoVector& from, const Transfer& transfer) {
  if (stream.error != 0) return -std::exchange(stream.error, 0);
  if (IsOrderly(stream) && stream.state != UnixState::kConnected) return -ENOTCONN;
  if ((transfer.flags & MSG_OOB) != 0) return -EOPNOTSUPP;
  const UnixName* const name =
      transfer.extras != nullptr && !IsOrderly(stream) ? transfer.extras->to : nullptr;
  const size_t size = from.left();
  const SleepRequest request = SleepOf(kernel, stream, transfer, stream.options.send_timeout_ns);
  for (;;) {
    int error = -ENOTCONN;
    UnixStream* const to =
        name != nullptr ? FindUnix(kernel, *name, SOCK_DGRAM, &error) : stream.other;
    const bool found = to != nullptr || (name == nullptr && stream.state == UnixState::kConnected);
    if (!found && !IsOrderly(stream)) return error;
    const size_t capacity = static_cast<size_t>(stream.options.send_buffer);
    if (size + 32 > capacity) return -EMSGSIZE;
    if ((stream.shutdown & kSendShutdown) != 0) return -EPIPE;
    if (to == nullptr && !IsOrderly(stream)) {
      stream.state = UnixState::kUnconnected;
      return -ECONNREFUSED;
    }
    if (to == nullptr) return -EPIPE;
    if (!from.CanTouch(size)) return -EFAULT;
    if (!IsOrderly(stream) && to->other != nullptr && to->other != &stream) return -EPERM;
    if ((to->shutdown & kReceiveShutdown) != 0) return -EPIPE;
    const bool full =
        to->other == &stream ? Queued(stream) >= capacity : to->unread_segments > kMostDatagrams;
    if (!full) {
      UnixSegment segment = {.left = static_cast<uint32_t>(size), .passed = nullptr};
      if (transfer.extras != nullptr) {
        segment.passed = std::exchange(transfer.extras->passed, nullptr);
      }
      PushSegment(kernel, *to, segment);
      if (!IsOrderly(stream)) {
        to->receive.Append(kernel.chunks, reinterpret_cast<const std::byte*>(&stream.name),
                           sizeof stream.name);
      }
      from.ForEachPiece(size, [&](const std::byte* piece, size_t part) {
        to->receive.Append(kernel.chunks, piece, part);
      });
      Wake(kernel, *to, kDataReady, false);
      return static_cast<ssize_t>(size);
    }
    if (const int woken = Sleep(kernel, stream, request); woken != 0) return woken;
  }
}

}  // namespace

uint32_t PollUnixStream(const UnixStream& stream) {
  uint32_t mask = 0;
  if (stream.error != 0) mask |= EPOLLERR;
  if (stream.shutdown == kBothShutdown) mask |= EPOLLHUP;
  if ((stream.shutdown & kReceiveShutdown) != 0) mask |= EPOLLRDHUP | kReadable;
  if (stream.unread_segments > 0) mask |= kReadable;
  if (stream.listener != nullptr && stream.listener->length > 0) mask |= kReadable;
  if (IsOrderly(stream) && stream.state == UnixState::kUnconnected) mask |= EPOLLHUP;
  if (IsWritable(stream)) mask |= kWriteSpace;
  return mask;
}

// unix_stream_read_generic
ssize_t ReceiveUnix(Kernel& kernel, UnixStream& stream, IoVector& to, const Transfer& transfer) {
  if (stream.type != SOCK_STREAM) return ReceiveWhole(kernel, stream, to, transfer);
  if (stream.state != UnixState::kConnected) return -EINVAL;
  if ((transfer.flags & MSG_OOB) != 0) {
    return RefuseUnsimulated(EOPNOTSUPP, "recv", "MSG_OOB on AF_UNIX", 0);
  }
  const SleepRequest request = SleepOf(kernel, stream, transfer, stream.options.receive_timeout_ns);
  const size_t least =
      (transfer.flags & MSG_WAITALL) != 0
          ? to.left()
          : std::min(static_cast<size_t>(stream.options.receive_low_water), to.left());
  const size_t target = std::max<size_t>(least, 1);
  const bool peek = (transfer.flags & MSG_PEEK) != 0;
  size_t copied = 0;
  if (transfer.extras != nullptr) {
    transfer.extras->from = stream.other != nullptr ? stream.other->name : stream.peer_name;
  }
  const auto result = [&](ssize_t failure) {
    return copied > 0 ? static_cast<ssize_t>(copied) : failure;
  };
  for (;;) {
    for (uint32_t peeked = 0; peeked < stream.unread_segments;) {
      const UnixSegment segment = SegmentAt(stream, peek ? peeked : 0);
      const size_t count = std::min<size_t>(segment.left, to.left());
      if (!to.CanTouch(count)) return result(-EFAULT);
      to.ForEachPiece(count, [&](std::byte* piece, size_t size) {
        if (peek) {
          stream.receive.CopyOut(copied, piece, size);
        } else {
          stream.receive.Take(kernel.chunks, piece, size);
        }
        copied += size;
      });
      const bool passes = segment.passed != nullptr;
      if (peek) {
        if (passes && transfer.extras != nullptr) {
          transfer.extras->passed = CopyPassed(kernel, *segment.passed);
        }
        ++peeked;
      } else {
        if (passes) TakePassed(kernel, stream.first, transfer);
        stream.first.left -= static_cast<uint32_t>(count);
        if (stream.first.left == 0) PopSegment(kernel, stream);
      }
      if (passes || to.left() == 0) return static_cast<ssize_t>(copied);
    }
    if (copied >= target || (peek && copied > 0)) return static_cast<ssize_t>(copied);
    if (stream.error != 0) {
      return copied > 0 ? static_cast<ssize_t>(copied) : -std::exchange(stream.error, 0);
    }
    if ((stream.shutdown & kReceiveShutdown) != 0) return static_cast<ssize_t>(copied);
    if (const int woken = Sleep(kernel, stream, request); woken != 0) return result(woken);
  }
}

// unix_stream_sendmsg
ssize_t SendUnix(Kernel& kernel, UnixStream& stream, IoVector& from, const Transfer& transfer) {
  if (stream.type != SOCK_STREAM) return SendWhole(kernel, stream, from, transfer);
  if ((transfer.flags & MSG_OOB) != 0) {
    return RefuseUnsimulated(EOPNOTSUPP, "send", "MSG_OOB on AF_UNIX", 0);
  }
  if (transfer.extras != nullptr && transfer.extras->to != nullptr) {
    return stream.state == UnixState::kConnected ? -EISCONN : -EOPNOTSUPP;
  }
  if (stream.state != UnixState::kConnected) return -ENOTCONN;
  const SleepRequest request = SleepOf(kernel, stream, transfer, stream.options.send_timeout_ns);
  size_t copied = 0;
  do {
    if ((stream.shutdown & kSendShutdown) != 0 || stream.other == nullptr ||
        (stream.other->shutdown & kReceiveShutdown) != 0) {
      if (copied > 0) break;
      if ((transfer.flags & MSG_NOSIGNAL) == 0) kernel.signals.RaiseSigpipe();
      return -EPIPE;
    }
    const size_t capacity = static_cast<size_t>(stream.options.send_buffer);
    const size_t queued = stream.other->receive.size();
    const size_t room = std::min(queued < capacity ? capacity - queued : 0, from.left());
    if (room > 0) {
      if (!from.CanTouch(room)) return copied > 0 ? static_cast<ssize_t>(copied) : -EFAULT;
      copied += room;
      UnixSegment segment = {.left = static_cast<uint32_t>(room), .passed = nullptr};
      if (transfer.extras != nullptr) {
        segment.passed = std::exchange(transfer.extras->passed, nullptr);
      }
      PushSegment(kernel, *stream.other, segment);
      from.ForEachPiece(room, [&](const std::byte* piece, size_t size) {
        stream.other->receive.Append(kernel.chunks, piece, size);
      });
      Wake(kernel, *stream.other, kDataReady, false);
      continue;
    }
    if (from.left() == 0) break;
    if (const int woken = Sleep(kernel, stream, request); woken != 0) {
      return copied > 0 ? static_cast<ssize_t>(copied) : woken;
    }
  } while (from.left() > 0);
  return static_cast<ssize_t>(copied);
}

// unix_shutdown
int ShutdownUnix(Kernel& kernel, UnixStream& stream, int how) {
  if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) return -EINVAL;
  const uint8_t halves = static_cast<uint8_t>(how + 1);
  stream.shutdown |= halves;
  Wake(kernel, stream, 0, true);
  if (stream.other != nullptr && IsOrderly(stream)) {
    uint8_t others = 0;
    if ((halves & kReceiveShutdown) != 0) others |= kSendShutdown;
    if ((halves & kSendShutdown) != 0) others |= kReceiveShutdown;
    stream.other->shutdown |= others;
    Wake(kernel, *stream.other, 0, true);
  }
  return 0;
}

// unix_release_sock
void CloseUnixStream(Kernel& kernel, UnixStream& stream) {
  LeaveNames(kernel, stream);
  if (stream.listener != nullptr) {
    while (UnixStream* const waiting = stream.listener->accepting.PopFront()) {
      if (waiting->other != nullptr) waiting->other->error = ECONNRESET;
      CloseUnixStream(kernel, *waiting);
    }
    kernel.unix_listeners.Delete(stream.listener);
  }
  // Of a datagram socket others may have this one for their peer too.
  for (UnixStream* other = kernel.unix_connected.first(); other != nullptr && !IsOrderly(stream);
       other = kernel.unix_connected.Next(other)) {
    if (other->other == &stream) {
      other->other = nullptr;
      other->peer_name = stream.name;
      Wake(kernel, *other, kWriteSpace, true);
    }
  }
  if (UnixStream* other = stream.other; other != nullptr && IsOrderly(stream)) {
    other->other = nullptr;
    other->peer_name = stream.name;
    other->shutdown = kBothShutdown;
    if (stream.unread_segments > 0) other->error = ECONNRESET;
    Wake(kernel, *other, 0, true);
  }
  while (stream.unread_segments > 0) {
    if (stream.first.passed != nullptr) DropPassed(kernel, stream.first.passed);
    stream.other = nullptr;
    PopSegment(kernel, stream);
  }
  if (stream.connected_link.linked) kernel.unix_connected.Remove(&stream);
  stream.receive.Clear(kernel.chunks);
  stream.segments.Clear(kernel.chunks);
  kernel.unix_streams.Delete(&stream);
}

}  // namespace hupstorm::simulated
