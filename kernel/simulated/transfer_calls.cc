// The calls that move bytes.

#include <limits.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/special_files.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated {
ssize_t TotalLength(const iovec* parts, int count) {
  if (count < 0 || count > UIO_MAXIOV) return -EINVAL;
  if (count > 0 && parts == nullptr) return -EFAULT;
  size_t total = 0;
  for (int i = 0; i < count; ++i) {
    if (parts[i].iov_len > static_cast<size_t>(SSIZE_MAX) - total) return -EINVAL;
    if (parts[i].iov_base == nullptr && parts[i].iov_len > 0) return -EFAULT;
    total += parts[i].iov_len;
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
    IoVector part(parts, parts->iov_len);
    const ssize_t result = WriteEventfd(kernel, eventfd, part, fd);
    if (result < 0) return written > 0 ? written : result;
    written += result;
  }
  return written;
}

// Checks a message's header. The sum of its parts, or a negative errno.
ssize_t MessageLength(const msghdr* message) {
  if (message == nullptr) return -EFAULT;
  if (message->msg_iovlen > UIO_MAXIOV) return -EMSGSIZE;
  return TotalLength(message->msg_iov, static_cast<int>(message->msg_iovlen));
}

// What recvmsg and each message of recvmmsg do.
ssize_t ReceiveInto(Kernel& kernel, Object& object, msghdr* message, Call call, int fd, int flags) {
  const ssize_t length = MessageLength(message);
  if (length < 0) return length;
  IoVector to(message->msg_iov, static_cast<size_t>(length));
  const ssize_t received =
      ReceiveFrom(kernel, object, to, {.call = call, .fd = fd, .flags = flags});
  if (received >= 0) {
    message->msg_namelen = 0;
    message->msg_controllen = 0;
    message->msg_flags = flags & MSG_OOB;
    // tcp_recv_urg says so if there was no room for the byte.
    if ((flags & MSG_OOB) != 0 && received == 0 && length == 0) message->msg_flags |= MSG_TRUNC;
  }
  return received;
}

// The same for sendmsg and sendmmsg.
ssize_t SendFrom(Kernel& kernel, Object& object, const msghdr* message, Call call, int fd,
                 int flags) {
  const ssize_t length = MessageLength(message);
  if (length < 0) return length;
  IoVector from(message->msg_iov, static_cast<size_t>(length));
  return SendTo(kernel, object, from, {.call = call, .fd = fd, .flags = flags});
}

// sk_err of a socket; null for any other object.
int* PendingError(Object& object) {
  if (object.kind == Kind::kTcp) return &static_cast<TcpEndpoint&>(object).error;
  return object.kind == Kind::kUnixStream ? &static_cast<UnixStream&>(object).error : nullptr;
}

// The buffer of the plain forms, as a vector of one.
iovec Part(const void* buffer, size_t length) {
  return {.iov_base = const_cast<void*>(buffer),
          .iov_len = length < SSIZE_MAX ? length : SSIZE_MAX};
}

}  // namespace

ssize_t ReceiveBytes(Kernel& kernel, int fd, void* buffer, size_t length, int flags) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if (buffer == nullptr && length > 0) return -EFAULT;
  const iovec part = Part(buffer, length);
  IoVector to(&part, part.iov_len);
  return ReceiveFrom(kernel, *object, to, {.call = Call::kRecv, .fd = fd, .flags = flags});
}

ssize_t SendBytes(Kernel& kernel, int fd, const void* buffer, size_t length, int flags) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if (buffer == nullptr && length > 0) return -EFAULT;
  const iovec part = Part(buffer, length);
  IoVector from(&part, part.iov_len);
  return SendTo(kernel, *object, from, {.call = Call::kSend, .fd = fd, .flags = flags});
}

ssize_t ReceiveMessage(Kernel& kernel, int fd, msghdr* message, int flags) {
  Object* object = kernel.descriptors.Get(fd);
  return object == nullptr ? -EBADF
                           : ReceiveInto(kernel, *object, message, Call::kRecvmsg, fd, flags);
}

ssize_t SendMessage(Kernel& kernel, int fd, const msghdr* message, int flags) {
  Object* object = kernel.descriptors.Get(fd);
  return object == nullptr ? -EBADF : SendFrom(kernel, *object, message, Call::kSendmsg, fd, flags);
}

// do_recvmmsg
int ReceiveMessages(Kernel& kernel, int fd, mmsghdr* messages, unsigned count, int flags,
                    timespec* timeout) {
  if (timeout != nullptr && !IsValid(*timeout)) return -EINVAL;
  const int64_t deadline = timeout == nullptr ? -1 : DeadlineAfter(kernel, ToNs(*timeout));
  Object* const object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  int* const error = PendingError(*object);
  if (error == nullptr) return -ENOTSOCK;
  if (*error != 0 && (flags & MSG_ERRQUEUE) == 0) return -std::exchange(*error, 0);
  if (messages == nullptr && count > 0) return -EFAULT;
  unsigned received = 0;
  ssize_t result = 0;
  while (received < count) {
    mmsghdr& message = messages[received];
    result = ReceiveInto(kernel, *object, &message.msg_hdr, Call::kRecvmmsg, fd, flags);
    if (result < 0) break;
    message.msg_len = static_cast<unsigned>(result);
    ++received;
    if ((flags & MSG_WAITFORONE) != 0) flags |= MSG_DONTWAIT;
    if (timeout != nullptr) {
      *timeout = Timespec(std::max<int64_t>(deadline - kernel.timers.now_ns(), 0));
      if (timeout->tv_sec == 0 && timeout->tv_nsec == 0) break;
    }
    if ((message.msg_hdr.msg_flags & MSG_OOB) != 0) break;
  }
  if (received == 0) return static_cast<int>(result);
  // What was received counts, and the next call hears of the error. A handler may have closed the
  // socket.
  if (result < 0 && result != -EAGAIN && kernel.descriptors.Get(fd) == object) {
    *error = static_cast<int>(-result);
  }
  return static_cast<int>(received);
}

// __sys_sendmmsg
int SendMessages(Kernel& kernel, int fd, mmsghdr* messages, unsigned count, int flags) {
  Object* const object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if (PendingError(*object) == nullptr) return -ENOTSOCK;
  if (messages == nullptr && count > 0) return -EFAULT;
  count = std::min<unsigned>(count, UIO_MAXIOV);
  unsigned sent = 0;
  while (sent < count) {
    mmsghdr& message = messages[sent];
    const ssize_t result = SendFrom(kernel, *object, &message.msg_hdr, Call::kSendmmsg, fd, flags);
    if (result < 0) return sent > 0 ? static_cast<int>(sent) : static_cast<int>(result);
    message.msg_len = static_cast<unsigned>(result);
    ++sent;
    if (message.msg_len < SumOfMessage(message.msg_hdr)) break;
  }
  return static_cast<int>(sent);
}

ssize_t ReadBytes(Kernel& kernel, int fd, void* buffer, size_t length) {
  if (buffer == nullptr && length > 0 && kernel.descriptors.Get(fd) != nullptr) {
    return -EFAULT;
  }
  const iovec part = Part(buffer, length);
  IoVector to(&part, part.iov_len);
  return ReadFrom(kernel, fd, to, Call::kRead);
}

ssize_t WriteBytes(Kernel& kernel, int fd, const void* buffer, size_t length) {
  if (buffer == nullptr && length > 0 && kernel.descriptors.Get(fd) != nullptr) {
    return -EFAULT;
  }
  const iovec part = Part(buffer, length);
  IoVector from(&part, part.iov_len);
  return WriteTo(kernel, fd, from, Call::kWrite);
}

ssize_t ReadParts(Kernel& kernel, int fd, const iovec* parts, int count) {
  if (kernel.descriptors.Get(fd) == nullptr) return -EBADF;
  const ssize_t length = TotalLength(parts, count);
  if (length < 0) return length;
  IoVector to(parts, static_cast<size_t>(length));
  return ReadFrom(kernel, fd, to, Call::kReadv);
}

ssize_t WriteParts(Kernel& kernel, int fd, const iovec* parts, int count) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  const ssize_t length = TotalLength(parts, count);
  if (length < 0) return length;
  if (object->kind == Kind::kEventfd) {
    return WriteEventfdParts(kernel, static_cast<Eventfd&>(*object), parts, length, fd);
  }
  IoVector from(parts, static_cast<size_t>(length));
  return WriteTo(kernel, fd, from, Call::kWritev);
}

}  // namespace hupstorm::simulated
