#include "kernel/simulated/unix_stream.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "kernel/simulated/state.h"

namespace hupstorm::simulated {
namespace {

// unix_writable: a quarter of the send buffer.
bool IsWritable(const UnixStream& stream) {
  const size_t queued = stream.other != nullptr ? stream.other->receive.size() : 0;
  return queued * 4 <= static_cast<size_t>(stream.options.send_buffer);
}

// Counts `count` bytes as read. True if one of the other end's sends has been read to its end:
// Linux gives back memory, and with it room to send, by whole sends.
bool TakeSegments(Kernel& kernel, UnixStream& stream, uint32_t count) {
  bool any_ended = false;
  while (count > 0) {
    if (stream.first_left == 0) {
      stream.segments.Take(kernel.chunks, reinterpret_cast<std::byte*>(&stream.first_left),
                           sizeof(stream.first_left));
    }
    const uint32_t part = std::min(count, stream.first_left);
    stream.first_left -= part;
    count -= part;
    any_ended = any_ended || stream.first_left == 0;
  }
  return any_ended;
}

}  // namespace

uint32_t PollUnixStream(const UnixStream& stream) {
  uint32_t mask = 0;
  if (stream.error != 0) mask |= EPOLLERR;
  if (stream.shutdown == kBothShutdown) mask |= EPOLLHUP;
  if ((stream.shutdown & kReceiveShutdown) != 0) mask |= EPOLLRDHUP | kReadable;
  if (!stream.receive.empty()) mask |= kReadable;
  if (IsWritable(stream)) mask |= kWriteSpace;
  return mask;
}

ssize_t ReceiveUnix(Kernel& kernel, UnixStream& stream, IoVector& to, const Transfer& transfer) {
  if ((transfer.flags & MSG_OOB) != 0) AbortUnsimulated("recv", "MSG_OOB on AF_UNIX", 0);
  const SleepRequest request = SleepOf(kernel, stream, transfer, stream.options.receive_timeout_ns);
  const size_t target = (transfer.flags & MSG_WAITALL) != 0 ? std::max<size_t>(to.left(), 1) : 1;
  const bool peek = (transfer.flags & MSG_PEEK) != 0;
  size_t copied = 0;
  for (;;) {
    const size_t unread = stream.receive.size() - (peek ? copied : 0);
    const size_t count = std::min(unread, to.left());
    to.ForEachPiece(count, [&](std::byte* piece, size_t size) {
      if (peek) {
        stream.receive.CopyOut(copied, piece, size);
      } else {
        stream.receive.Take(kernel.chunks, piece, size);
      }
      copied += size;
    });
    if (!peek && TakeSegments(kernel, stream, static_cast<uint32_t>(count)) &&
        stream.other != nullptr && IsWritable(*stream.other)) {
      Wake(kernel, *stream.other, kWriteSpace, false);
    }
    if (copied >= target || (unread > 0 && to.left() == 0)) break;
    if (stream.error != 0) {
      return copied > 0 ? static_cast<ssize_t>(copied) : -std::exchange(stream.error, 0);
    }
    if ((stream.shutdown & kReceiveShutdown) != 0) break;
    if (const int woken = Sleep(kernel, stream, request); woken != 0) {
      return copied > 0 ? static_cast<ssize_t>(copied) : woken;
    }
  }
  return static_cast<ssize_t>(copied);
}

ssize_t SendUnix(Kernel& kernel, UnixStream& stream, IoVector& from, const Transfer& transfer) {
  if ((transfer.flags & MSG_OOB) != 0) AbortUnsimulated("send", "MSG_OOB on AF_UNIX", 0);
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
      copied += room;
      const uint32_t segment = static_cast<uint32_t>(room);
      stream.other->segments.Append(kernel.chunks, reinterpret_cast<const std::byte*>(&segment),
                                    sizeof(segment));
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

int ShutdownUnix(Kernel& kernel, UnixStream& stream, int how) {
  if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) return -EINVAL;
  const uint8_t halves = static_cast<uint8_t>(how + 1);
  stream.shutdown |= halves;
  Wake(kernel, stream, 0, true);
  if (stream.other != nullptr) {
    uint8_t others = 0;
    if ((halves & kReceiveShutdown) != 0) others |= kSendShutdown;
    if ((halves & kSendShutdown) != 0) others |= kReceiveShutdown;
    stream.other->shutdown |= others;
    Wake(kernel, *stream.other, 0, true);
  }
  return 0;
}

void CloseUnixStream(Kernel& kernel, UnixStream& stream) {
  if (UnixStream* other = stream.other; other != nullptr) {
    other->other = nullptr;
    other->shutdown = kBothShutdown;
    if (!stream.receive.empty()) other->error = ECONNRESET;
    Wake(kernel, *other, 0, true);
  }
  stream.receive.Clear(kernel.chunks);
  stream.segments.Clear(kernel.chunks);
  kernel.unix_streams.Delete(&stream);
}

}  // namespace hupstorm::simulated
