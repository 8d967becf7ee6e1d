// The calls that move bytes.

#include <limits.h>
#include <sys/socket.h>

#include "kernel/simulated/eventfd.h"
#include "kernel/simulated/facade.h"
#include "kernel/simulated/tcp.h"
#include "kernel/simulated/timerfd.h"

namespace hupstorm {
namespace simulated {

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

}  // namespace simulated

using simulated::IoVector;
using simulated::IsHost;
using simulated::Kernel;
using simulated::Kind;
using simulated::Object;
using simulated::Result;

namespace {

ssize_t ReceiveFrom(Kernel& kernel, Object& object, IoVector& to, Call call, int fd, int flags) {
  if (object.kind == Kind::kTcp) {
    return simulated::tcp::Receive(
        kernel, static_cast<simulated::TcpEndpoint&>(object), to,
        {.call = call, .fd = fd, .flags = flags, .non_blocking = object.non_blocking});
  }
  if (object.kind == Kind::kUnixStream) {
    return ReceiveUnix(kernel, static_cast<simulated::UnixStream&>(object), to,
                       {.call = call, .fd = fd, .flags = flags});
  }
  return -ENOTSOCK;
}

ssize_t SendTo(Kernel& kernel, Object& object, IoVector& from, Call call, int fd, int flags) {
  if (object.kind == Kind::kTcp) {
    return simulated::tcp::Send(
        kernel, static_cast<simulated::TcpEndpoint&>(object), from,
        {.call = call, .fd = fd, .flags = flags, .non_blocking = object.non_blocking});
  }
  if (object.kind == Kind::kUnixStream) {
    return SendUnix(kernel, static_cast<simulated::UnixStream&>(object), from,
                    {.call = call, .fd = fd, .flags = flags});
  }
  return -ENOTSOCK;
}

ssize_t ReadFrom(Kernel& kernel, int fd, IoVector& to, Call call) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  const bool nothing = call == Call::kReadv && to.left() == 0;  // vfs_readv asks nobody
  switch (object->kind) {
    case Kind::kTcp:
    case Kind::kUnixStream:
      if (to.left() == 0) return 0;  // sock_read_iter, but not recv(2)
      return ReceiveFrom(kernel, *object, to, call, fd, 0);
    case Kind::kEventfd:
      if (nothing) return 0;
      return ReadEventfd(kernel, static_cast<simulated::Eventfd&>(*object), to, fd);
    case Kind::kTimerfd:
      if (nothing) return 0;
      return ReadTimerfd(kernel, static_cast<simulated::Timerfd&>(*object), to, fd);
    case Kind::kPipeEnd: {
      auto& end = static_cast<simulated::PipeEnd&>(*object);
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
  const bool nothing = call == Call::kWritev && from.left() == 0;  // vfs_writev asks nobody
  switch (object->kind) {
    case Kind::kTcp:
    case Kind::kUnixStream:
      if (nothing) return 0;
      return SendTo(kernel, *object, from, call, fd, 0);
    case Kind::kEventfd:
      return WriteEventfd(kernel, static_cast<simulated::Eventfd&>(*object), from, fd);
    case Kind::kPipeEnd: {
      auto& end = static_cast<simulated::PipeEnd&>(*object);
      return end.is_writer ? WritePipe(kernel, end, from, fd) : -EBADF;
    }
    case Kind::kTimerfd:
    case Kind::kEpoll:
    case Kind::kHostFile:
      break;
  }
  return -EINVAL;
}

// do_loop_readv_writev: an eventfd knows no vectors and is given them part by part.
ssize_t WriteParts(Kernel& kernel, simulated::Eventfd& eventfd, const iovec* parts, ssize_t total,
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
  return simulated::TotalLength(message->msg_iov, static_cast<int>(message->msg_iovlen));
}

// The buffer of the plain forms, as a vector of one.
iovec Part(const void* buffer, size_t length) {
  return {.iov_base = const_cast<void*>(buffer),
          .iov_len = length < SSIZE_MAX ? length : SSIZE_MAX};
}

}  // namespace

ssize_t SimulatedKernel::Recv(int fd, void* buffer, size_t length, int flags) {
  if (IsHost(fd)) return state_->host.Recv(fd, buffer, length, flags);
  Object* object = state_->descriptors.Get(fd);
  if (object == nullptr) return Result(ssize_t{-EBADF});
  if (buffer == nullptr && length > 0) return Result(ssize_t{-EFAULT});
  const iovec part = Part(buffer, length);
  IoVector to(&part, part.iov_len);
  return Result(ReceiveFrom(*state_, *object, to, Call::kRecv, fd, flags));
}

ssize_t SimulatedKernel::Send(int fd, const void* buffer, size_t length, int flags) {
  if (IsHost(fd)) return state_->host.Send(fd, buffer, length, flags);
  Object* object = state_->descriptors.Get(fd);
  if (object == nullptr) return Result(ssize_t{-EBADF});
  if (buffer == nullptr && length > 0) return Result(ssize_t{-EFAULT});
  const iovec part = Part(buffer, length);
  IoVector from(&part, part.iov_len);
  return Result(SendTo(*state_, *object, from, Call::kSend, fd, flags));
}

ssize_t SimulatedKernel::Recvmsg(int fd, msghdr* message, int flags) {
  if (IsHost(fd)) return state_->host.Recvmsg(fd, message, flags);
  Object* object = state_->descriptors.Get(fd);
  if (object == nullptr) return Result(ssize_t{-EBADF});
  const ssize_t length = MessageLength(message);
  if (length < 0) return Result(length);
  IoVector to(message->msg_iov, static_cast<size_t>(length));
  const ssize_t received = ReceiveFrom(*state_, *object, to, Call::kRecvmsg, fd, flags);
  if (received >= 0) {
    message->msg_namelen = 0;
    message->msg_controllen = 0;
    message->msg_flags = flags & MSG_OOB;
    // tcp_recv_urg says so where there was no room for the byte.
    if ((flags & MSG_OOB) != 0 && received == 0 && length == 0) message->msg_flags |= MSG_TRUNC;
  }
  return Result(received);
}

ssize_t SimulatedKernel::Sendmsg(int fd, const msghdr* message, int flags) {
  if (IsHost(fd)) return state_->host.Sendmsg(fd, message, flags);
  Object* object = state_->descriptors.Get(fd);
  if (object == nullptr) return Result(ssize_t{-EBADF});
  const ssize_t length = MessageLength(message);
  if (length < 0) return Result(length);
  IoVector from(message->msg_iov, static_cast<size_t>(length));
  return Result(SendTo(*state_, *object, from, Call::kSendmsg, fd, flags));
}

ssize_t SimulatedKernel::Read(int fd, void* buffer, size_t length) {
  if (IsHost(fd)) return state_->host.Read(fd, buffer, length);
  if (buffer == nullptr && length > 0 && state_->descriptors.Get(fd) != nullptr) {
    return Result(ssize_t{-EFAULT});
  }
  const iovec part = Part(buffer, length);
  IoVector to(&part, part.iov_len);
  return Result(ReadFrom(*state_, fd, to, Call::kRead));
}

ssize_t SimulatedKernel::Write(int fd, const void* buffer, size_t length) {
  if (IsHost(fd)) return state_->host.Write(fd, buffer, length);
  if (buffer == nullptr && length > 0 && state_->descriptors.Get(fd) != nullptr) {
    return Result(ssize_t{-EFAULT});
  }
  const iovec part = Part(buffer, length);
  IoVector from(&part, part.iov_len);
  return Result(WriteTo(*state_, fd, from, Call::kWrite));
}

ssize_t SimulatedKernel::Readv(int fd, const iovec* parts, int count) {
  if (IsHost(fd)) return state_->host.Readv(fd, parts, count);
  if (state_->descriptors.Get(fd) == nullptr) return Result(ssize_t{-EBADF});
  const ssize_t length = simulated::TotalLength(parts, count);
  if (length < 0) return Result(length);
  IoVector to(parts, static_cast<size_t>(length));
  return Result(ReadFrom(*state_, fd, to, Call::kReadv));
}

ssize_t SimulatedKernel::Writev(int fd, const iovec* parts, int count) {
  if (IsHost(fd)) return state_->host.Writev(fd, parts, count);
  Object* object = state_->descriptors.Get(fd);
  if (object == nullptr) return Result(ssize_t{-EBADF});
  const ssize_t length = simulated::TotalLength(parts, count);
  if (length < 0) return Result(length);
  if (object->kind == Kind::kEventfd) {
    return Result(
        WriteParts(*state_, static_cast<simulated::Eventfd&>(*object), parts, length, fd));
  }
  IoVector from(parts, static_cast<size_t>(length));
  return Result(WriteTo(*state_, fd, from, Call::kWritev));
}

}  // namespace hupstorm
