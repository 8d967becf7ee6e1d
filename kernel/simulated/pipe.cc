#include "kernel/simulated/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include <algorithm>
#include <bit>

#include "kernel/simulated/state.h"

namespace hupstorm::simulated {

uint32_t PollPipe(const PipeEnd& end) {
  const Pipe& pipe = *end.pipe;
  uint32_t mask = 0;
  if (end.is_writer) {
    if (!pipe.IsFull()) mask |= kWritable;
    if (pipe.reader == nullptr) mask |= EPOLLERR;
  } else {
    if (!pipe.bytes.empty()) mask |= kReadable;
    if (pipe.writer == nullptr) mask |= EPOLLHUP;
  }
  return mask;
}

ssize_t ReadPipe(Kernel& kernel, PipeEnd& end, IoVector& to, int fd) {
  if (to.left() == 0) return 0;
  Pipe& pipe = *end.pipe;
  while (pipe.bytes.empty()) {
    if (pipe.writer == nullptr) return 0;
    if (end.non_blocking) return -EAGAIN;
    const int woken = Sleep(kernel, end, {.call = Call::kRead, .fd = fd, .restartable = true});
    if (woken != 0) return woken;
  }
  const bool was_full = pipe.IsFull();
  uint32_t packet = pipe.bytes.size();
  if (pipe.in_packets) {
    pipe.sizes.CopyOut(0, reinterpret_cast<std::byte*>(&packet), sizeof packet);
  }
  const size_t count = std::min<size_t>(to.left(), packet);
  if (!to.CanTouch(count)) return -EFAULT;
  to.ForEachPiece(
      count, [&](std::byte* piece, size_t size) { pipe.bytes.Take(kernel.chunks, piece, size); });
  pipe.read_position += count;
  if (pipe.in_packets) {  // what is left of it is lost
    pipe.bytes.Take(kernel.chunks, nullptr, packet - count);
    pipe.sizes.Take(kernel.chunks, nullptr, sizeof packet);
    --pipe.packets;
  }
  if (pipe.bytes.empty()) pipe.read_position = pipe.write_position = 0;
  if (was_full && !pipe.IsFull() && pipe.writer != nullptr) {
    Wake(kernel, *pipe.writer, kWritable, false);
  }
  return static_cast<ssize_t>(count);
}

ssize_t WritePipe(Kernel& kernel, PipeEnd& end, IoVector& from, int fd) {
  if (from.left() == 0) return 0;
  Pipe& pipe = *end.pipe;
  // Writes of up to PIPE_BUF bytes go in whole or not at all.
  const size_t least = from.left() <= PIPE_BUF ? from.left() : 1;
  size_t written = 0;
  if (pipe.bytes.empty()) pipe.in_packets = (end.status_flags & O_DIRECT) != 0;
  for (;;) {
    if (pipe.reader == nullptr) {
      kernel.signals.RaiseSigpipe();
      return written > 0 ? static_cast<ssize_t>(written) : -EPIPE;
    }
    const size_t room = pipe.Room();
    if (room >= least) {
      const size_t count = std::min(room, from.left());
      if (!from.CanTouch(count)) return written > 0 ? static_cast<ssize_t>(written) : -EFAULT;
      written += count;
      pipe.write_position += count;
      if (pipe.in_packets) {
        const auto packet = static_cast<uint32_t>(count);
        pipe.sizes.Append(kernel.chunks, reinterpret_cast<const std::byte*>(&packet),
                          sizeof packet);
        ++pipe.packets;
      }
      from.ForEachPiece(count, [&](const std::byte* piece, size_t size) {
        pipe.bytes.Append(kernel.chunks, piece, size);
      });
      Wake(kernel, *pipe.reader, kReadable, false);
      if (from.left() == 0) return static_cast<ssize_t>(written);
      if (pipe.in_packets && pipe.Room() > 0) continue;
    }
    int woken = -EAGAIN;
    if (!end.non_blocking) {
      woken = Sleep(kernel, end, {.call = Call::kWrite, .fd = fd, .restartable = true});
    }
    if (woken != 0) return written > 0 ? static_cast<ssize_t>(written) : woken;
  }
}

// pipe_set_size
int SetPipeSize(Kernel& kernel, PipeEnd& end, uint32_t bytes) {
  constexpr uint32_t kMost = 1 << 20;  // fs.pipe-max-size
  Pipe& pipe = *end.pipe;
  if (bytes > uint32_t{1} << 31) return -EINVAL;
  const uint64_t pages = std::bit_ceil(std::max<uint64_t>(bytes, Pipe::kPage)) / Pipe::kPage;
  if (pages > pipe.pages && bytes > kMost) return -EPERM;
  if (pages < pipe.UsedPages()) return -EBUSY;
  pipe.pages = pages;
  if (pipe.writer != nullptr) Wake(kernel, *pipe.writer, 0, true);
  return static_cast<int>(pipe.pages * Pipe::kPage);
}

void ClosePipeEnd(Kernel& kernel, PipeEnd& end) {
  Pipe& pipe = *end.pipe;
  (end.is_writer ? pipe.writer : pipe.reader) = nullptr;
  PipeEnd* other = end.is_writer ? pipe.reader : pipe.writer;
  kernel.pipe_ends.Delete(&end);
  if (other != nullptr) {
    Wake(kernel, *other, 0, true);
  } else {
    pipe.bytes.Clear(kernel.chunks);
    pipe.sizes.Clear(kernel.chunks);
    kernel.pipes.Delete(&pipe);
  }
}

}  // namespace hupstorm::simulated
