// The calls that move bytes.

#include <limits.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/special_files.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated {

// import_iovec: more than Linux moves at once is cut.
ssize_t TotalLength(const iovec* parts, int count) {
  if (count < 0 || count > UIO_MAXIOV) return -EINVAL;
  const size_t bytes = static_cast<size_t>(count) * sizeof *parts;
  const size_t readable = Reach(parts, bytes, Access::kRead) / sizeof *parts;
  for (size_t i = 0; i < readable; ++i) {
    if (parts[i].iov_len > static_cast<size_t>(SSIZE_MAX)) return -EINVAL;
  }
  if (readable < static_cast<size_t>(count)) return -EFAULT;
  size_t total = 0;
  for (size_t i = 0; i < readable; ++i) {
    // A single one is cut first (import_ubuf).
    const size_t length = count == 1 ? std::min(parts[i].iov_len, kMostMoved) : parts[i].iov_len;
    if (!IsUserRange(parts[i].iov_base, length)) return -EFAULT;
    total += std::min(parts[i].iov_len, kMostMoved - total);
  }
  return static_cast<ssize_t>(total);
}

ssize_t ReceiveFrom(Kernel& kernel, Object& object, IoVector& to, const Transfer& transfer) {
  return OnSocket(
      &object, [&](TcpEndpoint& endpoint) { return tcp::Receive(kernel, endpoint, to, transfer); },
      [&](UnixStream& stream) { return ReceiveUnix(kernel, stream, to, transfer); });
}

ssize_t SendTo(Kernel& kernel, Object& object, IoVector& from, const Transfer& transfer) {
  return OnSocket(
      &object, [&](TcpEndpoint& endpoint) { return tcp::Send(kernel, endpoint, from, transfer); },
      [&](UnixStream& stream) { return SendUnix(kernel, stream, from, transfer); });
}

namespace {

ssize_t ReadFrom(Kernel& kernel, int fd, IoVector& to, Call call) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  const bool nothing = call == Call::kReadv && to.left() == 0;  // vfs_readv asks no file
  switch (object->kind) {
    case Kind::kTcp:
    case Kind::kUnixStream:
      if (to.left() == 0) return 0;  // sock_read_iter, but not recv(2)
      return ReceiveFrom(kernel, *object, to, {.call = call, .fd = fd});
    case Kind::kEventfd:
      if (nothing) return 0;
      return ReadEventfd(kernel, static_cast<Eventfd&>(*object), to, fd);
    case Kind::kTimerfd:
      if (nothing) return 0;
      return ReadTimerfd(kernel, static_cast<Timerfd&>(*object), to, fd);
    case Kind::kSignalfd:
      if (nothing) return 0;
      return ReadSignalfd(kernel, static_cast<Signalfd&>(*object), to, fd);
    case Kind::kPipeEnd: {
      auto& end = static_cast<PipeEnd&>(*object);
      return end.is_writer ? -EBADF : ReadPipe(kernel, end, to, fd);
    }
    case Kind::kEpoll:
    case Kind::kHostFile:
      break;
  }
  return -EINVAL;
}

ssize_t WriteTo(Kernel& kernel, int fd, IoVector& from, Call call) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  const bool nothing = call == Call::kWritev && from.left() == 0;  // vfs_writev asks no file
  switch (object->kind) {
    case Kind::kTcp:
    case Kind::kUnixStream:
      if (nothing) return 0;
      return SendTo(kernel, *object, from, {.call = call, .fd = fd});
    case Kind::kEventfd:
      return WriteEventfd(kernel, static_cast<Eventfd&>(*object), from, fd);
    case Kind::kPipeEnd: {
      auto& end = static_cast<PipeEnd&>(*object);
      return end.is_writer ? WritePipe(kernel, end, from, fd) : -EBADF;
    }
    case Kind::kTimerfd:
    case Kind::kSignalfd:
    case Kind::kEpoll:
    case Kind::kHostFile:
      break;
  }
  return -EINVAL;
}

// do_loop_readv_writev: an eventfd knows no vectors and is given them part by part.
ssize_t WriteEventfdParts(Kernel& kernel, Eventfd& eventfd, const iovec* parts, ssize_t total,
                          int fd) {
  ssize_t written = 0;
  for (; written < total; ++parts) {
    IoVector part(parts, parts->iov_len, Access::kRead);
    const ssize_t result = WriteEventfd(kernel, eventfd, part, fd);
    if (result < 0) return written > 0 ? written : result;
    written += result;
  }
  return written;
}

// What vfs_read and vfs_write look at before they ask the file. `access`: what is done with the
// buffer.
int Refused(Kernel& kernel, int fd, const void* buffer, size_t length, Access access) {
  const Object* const object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if (object->kind == Kind::kPipeEnd) {
    const bool is_writer = static_cast<const PipeEnd&>(*object).is_writer;
    if (is_writer == (access == Access::kWrite)) return -EBADF;
  }
  const bool only_read = object->kind == Kind::kTimerfd || object->kind == Kind::kSignalfd;
  if (object->kind == Kind::kEpoll || (only_read && access == Access::kRead)) return -EINVAL;
  if (!IsUserRange(buffer, length)) return -EFAULT;
  return length > SSIZE_MAX ? -EINVAL : 0;
}

// The buffer of the plain forms, as a vector of one.
iovec Part(const void* buffer, size_t length) {
  return {.iov_base = const_cast<void*>(buffer), .iov_len = std::min(length, kMostMoved)};
}

}  // namespace

ssize_t ReceiveBytes(Kernel& kernel, int fd, void* buffer, size_t length, int flags) {
  const iovec part = Part(buffer, length);
  if (!IsUserRange(buffer, part.iov_len)) return -EFAULT;
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  IoVector to(&part, part.iov_len, Access::kWrite);
  return ReceiveFrom(kernel, *object, to, {.call = Call::kRecv, .fd = fd, .flags = flags});
}

ssize_t SendBytes(Kernel& kernel, int fd, const void* buffer, size_t length, int flags) {
  const iovec part = Part(buffer, length);
  if (!IsUserRange(buffer, part.iov_len)) return -EFAULT;
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  IoVector from(&part, part.iov_len, Access::kRead);
  return SendTo(kernel, *object, from, {.call = Call::kSend, .fd = fd, .flags = flags});
}

ssize_t ReadBytes(Kernel& kernel, int fd, void* buffer, size_t length) {
  if (const int refused = Refused(kernel, fd, buffer, length, Access::kWrite); refused != 0) {
    return refused;
  }
  const iovec part = Part(buffer, length);
  IoVector to(&part, part.iov_len, Access::kWrite);
  return ReadFrom(kernel, fd, to, Call::kRead);
}

ssize_t WriteBytes(Kernel& kernel, int fd, const void* buffer, size_t length) {
  if (const int refused = Refused(kernel, fd, buffer, length, Access::kRead); refused != 0) {
    return refused;
  }
  const iovec part = Part(buffer, length);
  IoVector from(&part, part.iov_len, Access::kRead);
  return WriteTo(kernel, fd, from, Call::kWrite);
}

ssize_t ReadParts(Kernel& kernel, int fd, const iovec* parts, int count) {
  if (const int refused = Refused(kernel, fd, nullptr, 0, Access::kWrite); refused != 0) {
    return refused;
  }
  const ssize_t length = TotalLength(parts, count);
  if (length < 0) return length;
  IoVector to(parts, static_cast<size_t>(length), Access::kWrite);
  return ReadFrom(kernel, fd, to, Call::kReadv);
}

ssize_t WriteParts(Kernel& kernel, int fd, const iovec* parts, int count) {
  if (const int refused = Refused(kernel, fd, nullptr, 0, Access::kRead); refused != 0) {
    return refused;
  }
  Object* const object = kernel.descriptors.Get(fd);
  const ssize_t length = TotalLength(parts, count);
  if (length < 0) return length;
  if (object->kind == Kind::kEventfd) {
    return WriteEventfdParts(kernel, static_cast<Eventfd&>(*object), parts, length, fd);
  }
  IoVector from(parts, static_cast<size_t>(length), Access::kRead);
  return WriteTo(kernel, fd, from, Call::kWritev);
}

}  // namespace hupstorm::simulated
