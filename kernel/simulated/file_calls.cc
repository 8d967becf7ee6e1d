// sendfile(2): from a file to a socket or a pipe, and from a socket to a pipe.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "kernel/simulated/calls.h"

namespace hupstorm::simulated {
namespace {

constexpr size_t kMostAtOnce = 16 << 10;

// Puts bytes into the object behind `out` as a splice does: no more than there is room for, unless
// it sleeps for more.
ssize_t Put(Kernel& kernel, Object& object, int out, std::byte* bytes, size_t count) {
  const iovec part = {.iov_base = bytes, .iov_len = count};
  IoVector from(&part, count, Access::kRead);
  if (object.kind != Kind::kPipeEnd)
    return SendTo(kernel, object, from, {.call = Call::kSendfile, .fd = out});
  return WritePipe(kernel, static_cast<PipeEnd&>(object), from, out);
}

ssize_t FromSocket(Kernel& kernel, Object& socket, int in, Object& object, int out, size_t count) {
  if (object.kind != Kind::kPipeEnd) return -EINVAL;
  const Pipe& pipe = *static_cast<PipeEnd&>(object).pipe;
  std::array<std::byte, kMostAtOnce> bytes;
  const size_t most = std::min({count, bytes.size(), static_cast<size_t>(pipe.Room())});
  if (count == 0) return 0;
  if (most == 0) {
    if (object.non_blocking) return -EAGAIN;
    AbortUnsimulated("sendfile", "to a full pipe that blocks,", out);
  }
  const iovec part = {.iov_base = bytes.data(), .iov_len = most};
  IoVector to(&part, most, Access::kWrite);
  const int flags = object.non_blocking ? MSG_DONTWAIT : 0;
  const ssize_t got =
      ReceiveFrom(kernel, socket, to, {.call = Call::kSendfile, .fd = in, .flags = flags});
  return got <= 0 ? got : Put(kernel, object, out, bytes.data(), static_cast<size_t>(got));
}

// The file is Linux's.
ssize_t FromFile(Kernel& kernel, int in, off_t* position, Object& object, int out, size_t count) {
  std::array<std::byte, kMostAtOnce> bytes;
  ssize_t sent = 0;
  while (count > 0) {
    const long got =
        syscall(SYS_pread64, in, bytes.data(), std::min(count, bytes.size()), *position);
    if (got < 0 && sent == 0) {  // a directory, a pipe: nothing that a splice reads from
      return errno == EISDIR || errno == ESPIPE ? -EINVAL : -errno;
    }
    if (got <= 0) break;
    const ssize_t put = Put(kernel, object, out, bytes.data(), static_cast<size_t>(got));
    if (put < 0) return sent > 0 ? sent : put;
    sent += put;
    *position += put;
    count -= static_cast<size_t>(put);
    if (put < got) break;
  }
  return sent;
}

// do_sendfile
ssize_t SendFileFrom(Kernel& kernel, int out, int in, off_t* offset, size_t count) {
  Object* const from = IsHost(in) ? nullptr : kernel.descriptors.Get(in);
  off_t position = 0;
  if (IsHost(in)) {
    const long flags = syscall(SYS_fcntl, in, F_GETFL, 0L);
    if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) return -EBADF;
    position = offset != nullptr ? *offset : syscall(SYS_lseek, in, 0L, SEEK_CUR);
    if (position < 0) return -EINVAL;
  } else {
    if (from == nullptr) return -EBADF;
    if (from->kind == Kind::kPipeEnd && static_cast<PipeEnd&>(*from).is_writer) return -EBADF;
    if (offset != nullptr) return -ESPIPE;
  }
  if (IsHost(out)) {
    struct stat status = {};
    if (fstat(out, &status) != 0) return -EBADF;
    if (!S_ISFIFO(status.st_mode)) return -EINVAL;  // splice_direct_to_actor
    AbortUnsimulated("sendfile", "from a simulated descriptor to a real FIFO,", out);
  }
  Object* const to = kernel.descriptors.Get(out);
  if (to == nullptr) return -EBADF;
  if (to->kind == Kind::kPipeEnd && !static_cast<PipeEnd&>(*to).is_writer) return -EBADF;
  const auto is_socket = [](const Object& object) {
    return object.kind == Kind::kTcp || object.kind == Kind::kUnixStream;
  };
  if (!is_socket(*to) && to->kind != Kind::kPipeEnd) return count == 0 ? 0 : -EINVAL;
  const Pin pin(kernel, *to);
  if (from != nullptr) {
    if (is_socket(*from)) return FromSocket(kernel, *from, in, *to, out, count);
    return count == 0 && to->kind == Kind::kPipeEnd ? 0 : -EINVAL;
  }
  const ssize_t sent = FromFile(kernel, in, &position, *to, out, count);
  if (offset != nullptr) {
    *offset = position;
  } else if (sent > 0) {
    syscall(SYS_lseek, in, sent, SEEK_CUR);
  }
  return sent;
}

}  // namespace

ssize_t SendFile(Kernel& kernel, int out, int in, off_t* offset, size_t count) {
  if (offset == nullptr) return SendFileFrom(kernel, out, in, nullptr, count);
  off_t position = 0;
  if (!CopyIn(&position, offset)) return -EFAULT;
  const ssize_t sent = SendFileFrom(kernel, out, in, &position, count);
  return CopyOut(offset, position) ? sent : -EFAULT;
}

}  // namespace hupstorm::simulated
