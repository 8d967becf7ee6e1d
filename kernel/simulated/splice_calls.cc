// splice(2) and tee(2) (fs/splice.c): between a pipe and a socket, a file or another pipe. Pages do
// not move here, bytes do.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "kernel/simulated/calls.h"

namespace hupstorm::simulated {
namespace {

constexpr size_t kMostAtOnce = 16 << 10;
constexpr unsigned kKnownFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT;
using Bytes = std::array<std::byte, kMostAtOnce>;

PipeEnd* AsPipe(Object* object) {
  const bool is_pipe = object != nullptr && object->kind == Kind::kPipeEnd;
  return is_pipe ? static_cast<PipeEnd*>(object) : nullptr;
}

// The bytes at the front of a pipe that can be taken together: those of one packet, if it has
// packets.
size_t Front(const Pipe& pipe, size_t most) {
  uint32_t whole = pipe.bytes.size();
  if (pipe.in_packets && pipe.packets > 0) {
    pipe.sizes.CopyOut(0, reinterpret_cast<std::byte*>(&whole), sizeof whole);
  }
  return std::min({most, kMostAtOnce, size_t{whole}});
}

// Waits for bytes in a pipe (ipipe_prep). 1 if there are some, 0 at its end.
int AwaitBytes(Kernel& kernel, PipeEnd& in, int fd, bool may_sleep) {
  while (in.pipe->bytes.empty()) {
    if (in.pipe->writer == nullptr) return 0;
    if (!may_sleep) return -EAGAIN;
    const int woken = Sleep(kernel, in, {.call = Call::kSplice, .fd = fd, .restartable = true});
    if (woken != 0) return woken;
  }
  return 1;
}

// Waits for room (opipe_prep, wait_for_space).
int AwaitRoom(Kernel& kernel, PipeEnd& out, int fd, bool may_sleep) {
  for (;;) {
    if (out.pipe->reader == nullptr) {
      kernel.signals.RaiseSigpipe();
      return -EPIPE;
    }
    if (!out.pipe->IsFull()) return 0;
    if (!may_sleep) return -EAGAIN;
    const int woken = Sleep(kernel, out, {.call = Call::kSplice, .fd = fd, .restartable = true});
    if (woken != 0) return woken;
  }
}

// Moves `count` bytes that fit from `bytes` into a pipe.
ssize_t Fill(Kernel& kernel, PipeEnd& out, Bytes& bytes, size_t count, int fd) {
  const iovec part = {.iov_base = bytes.data(), .iov_len = count};
  IoVector from(&part, count, Access::kRead);
  return WritePipe(kernel, out, from, fd);
}

// Takes bytes that were copied from a pipe out of it.
void Drop(Kernel& kernel, PipeEnd& in, Bytes& bytes, size_t count, int fd) {
  const iovec part = {.iov_base = bytes.data(), .iov_len = count};
  IoVector to(&part, count, Access::kWrite);
  ReadPipe(kernel, in, to, fd);
}

// Where a pipe's bytes go that is no pipe.
struct Destination {
  Object* socket;  // null: a file of Linux's
  int fd;
  off_t* offset;  // null: the file's own
};

ssize_t Give(Kernel& kernel, const Destination& to, Bytes& bytes, size_t count, bool may_sleep) {
  if (to.socket == nullptr) {
    const long given = to.offset != nullptr
                           ? syscall(SYS_pwrite64, to.fd, bytes.data(), count, *to.offset)
                           : syscall(SYS_write, to.fd, bytes.data(), count);
    if (given > 0 && to.offset != nullptr) *to.offset += given;
    return given < 0 ? -errno : given;
  }
  const iovec part = {.iov_base = bytes.data(), .iov_len = count};
  IoVector from(&part, count, Access::kRead);
  return SendTo(kernel, *to.socket, from,
                {.call = Call::kSplice, .fd = to.fd, .flags = may_sleep ? 0 : MSG_DONTWAIT});
}

// splice_to_socket, iter_file_splice_write
ssize_t FromPipe(Kernel& kernel, PipeEnd& in, int fd, const Destination& to, size_t count,
                 bool may_sleep) {
  const int ready = AwaitBytes(kernel, in, fd, may_sleep && !in.non_blocking);
  if (ready <= 0) return ready;
  ssize_t total = 0;
  Bytes bytes;
  while (count > 0 && !in.pipe->bytes.empty()) {
    const size_t size = Front(*in.pipe, count);
    in.pipe->bytes.CopyOut(0, bytes.data(), size);
    const ssize_t given = Give(kernel, to, bytes, size, may_sleep);
    if (given <= 0) return total > 0 ? total : given;
    Drop(kernel, in, bytes, static_cast<size_t>(given), fd);
    total += given;
    count -= static_cast<size_t>(given);
    if (static_cast<size_t>(given) < size) break;
  }
  return total;
}

// splice_file_to_pipe: from a socket, or a file of Linux's.
ssize_t ToPipe(Kernel& kernel, Object* socket, int in, off_t* offset, PipeEnd& out, int fd,
               size_t count, bool may_sleep) {
  const int ready = AwaitRoom(kernel, out, fd, may_sleep && !out.non_blocking);
  if (ready != 0) return ready;
  Bytes bytes;
  const size_t most = std::min({count, bytes.size(), static_cast<size_t>(out.pipe->Room())});
  ssize_t got = 0;
  if (socket != nullptr) {
    const iovec part = {.iov_base = bytes.data(), .iov_len = most};
    IoVector to(&part, most, Access::kWrite);
    got = ReceiveFrom(kernel, *socket, to,
                      {.call = Call::kSplice, .fd = in, .flags = may_sleep ? 0 : MSG_DONTWAIT});
  } else {
    got = offset != nullptr ? syscall(SYS_pread64, in, bytes.data(), most, *offset)
                            : syscall(SYS_read, in, bytes.data(), most);
    if (got < 0) return errno == EISDIR ? -EINVAL : -errno;
    if (offset != nullptr) *offset += got;
  }
  return got <= 0 ? got : Fill(kernel, out, bytes, static_cast<size_t>(got), fd);
}

// splice_pipe_to_pipe, and link_pipe if the bytes stay where they are.
ssize_t BetweenPipes(Kernel& kernel, PipeEnd& in, int in_fd, PipeEnd& out, int out_fd, size_t count,
                     bool may_sleep, bool keep) {
  if (in.pipe == out.pipe) return -EINVAL;
  may_sleep = may_sleep && !in.non_blocking && !out.non_blocking;
  // opipe_prep comes first for tee as for splice; the end of the input is looked at behind it.
  if (const int ready = AwaitBytes(kernel, in, in_fd, may_sleep); ready <= 0) return ready;
  if (const int ready = AwaitRoom(kernel, out, out_fd, may_sleep); ready != 0) return ready;
  size_t moved = 0;
  Bytes bytes;
  while (moved < count && (keep ? moved : 0) < in.pipe->bytes.size()) {
    const size_t offset = keep ? moved : 0;
    size_t size = std::min(Front(*in.pipe, count - moved), in.pipe->bytes.size() - offset);
    size = std::min(size, static_cast<size_t>(out.pipe->Room()));
    if (size == 0) break;
    in.pipe->bytes.CopyOut(offset, bytes.data(), size);
    if (!keep) Drop(kernel, in, bytes, size, in_fd);
    Fill(kernel, out, bytes, size, out_fd);
    moved += size;
    if (keep && in.pipe->in_packets) break;
  }
  return static_cast<ssize_t>(moved);
}

bool IsSocket(const Object& object) {
  return object.kind == Kind::kTcp || object.kind == Kind::kUnixStream;
}

// A descriptor of either side, as it is open. -EBADF.
int Look(Kernel& kernel, int fd, Object** object) {
  if (IsHost(fd)) return syscall(SYS_fcntl, fd, F_GETFL, 0L) < 0 ? -EBADF : 0;
  *object = kernel.descriptors.Get(fd);
  return *object == nullptr ? -EBADF : 0;
}

}  // namespace

// do_splice
ssize_t Splice(Kernel& kernel, int in, off_t* in_offset, int out, off_t* out_offset, size_t count,
               unsigned flags) {
  if (count == 0) return 0;
  if ((flags & ~kKnownFlags) != 0) return -EINVAL;
  Object* from = nullptr;
  Object* to = nullptr;
  if (Look(kernel, in, &from) != 0 || Look(kernel, out, &to) != 0) return -EBADF;
  PipeEnd* const in_pipe = AsPipe(from);
  PipeEnd* const out_pipe = AsPipe(to);
  if ((in_pipe != nullptr && in_offset != nullptr) ||
      (out_pipe != nullptr && out_offset != nullptr)) {
    return -ESPIPE;
  }
  off_t in_position = 0;
  off_t out_position = 0;
  if (in_offset != nullptr && !CopyIn(&in_position, in_offset)) return -EFAULT;
  if (out_offset != nullptr && !CopyIn(&out_position, out_offset)) return -EFAULT;
  if ((in_pipe != nullptr && in_pipe->is_writer) || (out_pipe != nullptr && !out_pipe->is_writer)) {
    return -EBADF;
  }
  const bool may_sleep = (flags & SPLICE_F_NONBLOCK) == 0;
  std::optional<Pin> pinned_in;
  std::optional<Pin> pinned_out;
  if (from != nullptr) pinned_in.emplace(kernel, *from);
  if (to != nullptr) pinned_out.emplace(kernel, *to);
  count = std::min(count, kMostMoved);
  if (in_pipe != nullptr && out_pipe != nullptr) {
    return BetweenPipes(kernel, *in_pipe, in, *out_pipe, out, count, may_sleep, false);
  }
  ssize_t result = -EINVAL;
  if (in_pipe != nullptr) {
    if (to != nullptr && (!IsSocket(*to) || out_offset != nullptr)) return -EINVAL;
    off_t* const position = out_offset != nullptr ? &out_position : nullptr;
    result = FromPipe(kernel, *in_pipe, in, {to, out, position}, count, may_sleep);
  } else if (out_pipe != nullptr) {
    if (from != nullptr && (!IsSocket(*from) || in_offset != nullptr)) return -EINVAL;
    off_t* const position = in_offset != nullptr ? &in_position : nullptr;
    result = ToPipe(kernel, from, in, position, *out_pipe, out, count, may_sleep);
  }
  if (result < 0) return result;
  if (in_offset != nullptr && !CopyOut(in_offset, in_position)) return -EFAULT;
  if (out_offset != nullptr && !CopyOut(out_offset, out_position)) return -EFAULT;
  return result;
}

// do_tee
ssize_t Tee(Kernel& kernel, int in, int out, size_t count, unsigned flags) {
  if ((flags & ~kKnownFlags) != 0) return -EINVAL;
  if (count == 0) return 0;
  Object* from = nullptr;
  Object* to = nullptr;
  if (Look(kernel, in, &from) != 0 || Look(kernel, out, &to) != 0) return -EBADF;
  PipeEnd* const in_pipe = AsPipe(from);
  PipeEnd* const out_pipe = AsPipe(to);
  if ((in_pipe != nullptr && in_pipe->is_writer) || (out_pipe != nullptr && !out_pipe->is_writer)) {
    return -EBADF;
  }
  if (in_pipe == nullptr || out_pipe == nullptr) return -EINVAL;
  const Pin pinned_in(kernel, *in_pipe);
  const Pin pinned_out(kernel, *out_pipe);
  return BetweenPipes(kernel, *in_pipe, in, *out_pipe, out, std::min(count, kMostMoved),
                      (flags & SPLICE_F_NONBLOCK) == 0, true);
}

}  // namespace hupstorm::simulated
