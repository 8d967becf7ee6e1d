// recvmsg, sendmsg and their forms for several messages (net/socket.c).

#include <limits.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/special_files.h"

namespace hupstorm::simulated {
namespace {

constexpr int kCompatFlag = INT_MIN;  // MSG_CMSG_COMPAT, which is not for callers

// sk_err of a socket; null for any other object.
int* PendingError(Object& object) {
  if (object.kind == Kind::kTcp) return &static_cast<TcpEndpoint&>(object).error;
  return object.kind == Kind::kUnixStream ? &static_cast<UnixStream&>(object).error : nullptr;
}

// Reads and checks a header (copy_msghdr_from_user). The sum of its parts, or a negative errno.
ssize_t ReadHeader(const msghdr* message, bool to_send, msghdr* header) {
  if (!CopyIn(header, message)) return -EFAULT;
  if (header->msg_name == nullptr) header->msg_namelen = 0;
  if (static_cast<int>(header->msg_namelen) < 0) return -EINVAL;
  header->msg_namelen = std::min<socklen_t>(header->msg_namelen, sizeof(sockaddr_storage));
  if (to_send && !CanRead(header->msg_name, header->msg_namelen)) return -EFAULT;
  if (header->msg_iovlen > UIO_MAXIOV) return -EMSGSIZE;
  return TotalLength(header->msg_iov, static_cast<int>(header->msg_iovlen));
}

// The name and the control data that come with a message.
int GiveExtras(Kernel& kernel, Object& object, const MessageExtras& extras, int flags,
               msghdr* message) {
  UnixStream* const stream =
      object.kind == Kind::kUnixStream ? &static_cast<UnixStream&>(object) : nullptr;
  int result = 0;
  if (message->msg_name != nullptr) {
    socklen_t length = message->msg_namelen;
    if (stream != nullptr && extras.from.length > 0) {
      result = WriteUnixName(extras.from, static_cast<sockaddr*>(message->msg_name), &length);
    } else {
      length = 0;
    }
    message->msg_namelen = length;
  }
  if (stream == nullptr) {
    message->msg_controllen = 0;
    return result;
  }
  const int control = GiveControl(kernel, *stream, extras.passed, flags, message);
  return result != 0 ? result : control;
}

// What recvmsg and each message of recvmmsg do.
ssize_t ReceiveInto(Kernel& kernel, Object& object, msghdr* message, Call call, int fd, int flags) {
  msghdr header;
  const ssize_t length = ReadHeader(message, false, &header);
  if (length < 0) return length;
  IoVector to(header.msg_iov, static_cast<size_t>(length), Access::kWrite);
  MessageExtras extras;
  const ssize_t received =
      ReceiveFrom(kernel, object, to, {.call = call, .fd = fd, .flags = flags, .extras = &extras});
  if (received < 0) return received;
  header.msg_flags = (flags & (MSG_OOB | MSG_CMSG_CLOEXEC)) | extras.flags;
  // tcp_recv_urg says so if there was no room for the byte.
  if ((flags & MSG_OOB) != 0 && received == 0 && length == 0) header.msg_flags |= MSG_TRUNC;
  const int given = GiveExtras(kernel, object, extras, flags, &header);
  if (given != 0) return given;
  return CopyOut(message, header) ? received : -EFAULT;
}

// sock_cmsg_send, as far as TCP takes what there is: nothing in it changes what is sent.
int CheckTcpControl(const msghdr& message) {
  const auto* const begin = static_cast<const std::byte*>(message.msg_control);
  const size_t size = message.msg_controllen;
  for (size_t offset = 0; size - offset >= sizeof(cmsghdr);) {
    const auto& header = *reinterpret_cast<const cmsghdr*>(begin + offset);
    if (header.cmsg_len < sizeof(cmsghdr) || header.cmsg_len > size - offset) return -EINVAL;
    if (header.cmsg_level == SOL_SOCKET && header.cmsg_type != SCM_RIGHTS &&
        header.cmsg_type != SCM_CREDENTIALS) {
      if (header.cmsg_type == SO_MARK || header.cmsg_type == SO_TIMESTAMPING) {
        AbortUnsimulated("sendmsg", "control message", header.cmsg_type);
      }
      return -EINVAL;
    }
    offset = std::min(offset + CMSG_ALIGN(header.cmsg_len), size);
  }
  return 0;
}

// The same for sendmsg and sendmmsg.
ssize_t SendFrom(Kernel& kernel, Object& object, const msghdr* message, Call call, int fd,
                 int flags) {
  msghdr header;
  const ssize_t length = ReadHeader(message, true, &header);
  if (length < 0) return length;
  if (header.msg_controllen > INT_MAX) return -ENOBUFS;
  if (!CanRead(header.msg_control, header.msg_controllen)) return -EFAULT;
  IoVector from(header.msg_iov, static_cast<size_t>(length), Access::kRead);
  MessageExtras extras;
  UnixName name;
  if (object.kind == Kind::kUnixStream) {
    const int taken = TakeControl(kernel, header, &extras.passed);
    if (taken != 0) return taken;
    if (header.msg_namelen > 0) {
      const bool stream = static_cast<UnixStream&>(object).type != SOCK_DGRAM;
      const int read = ReadUnixName(header.msg_name, header.msg_namelen, &name);
      if (read != 0 && !stream) return read;
      extras.to = &name;
    }
  } else if (const int checked = CheckTcpControl(header); checked != 0) {
    return checked;
  }
  const ssize_t sent =
      SendTo(kernel, object, from, {.call = call, .fd = fd, .flags = flags, .extras = &extras});
  if (extras.passed != nullptr) DropPassed(kernel, extras.passed);
  return sent;
}

// The socket that a message call is made on. Null and a negative errno if there is none.
Object* SocketFor(Kernel& kernel, int fd, int* error) {
  Object* const object = kernel.descriptors.Get(fd);
  *error = object == nullptr ? -EBADF : -ENOTSOCK;
  return object != nullptr && PendingError(*object) != nullptr ? object : nullptr;
}

}  // namespace

ssize_t ReceiveMessage(Kernel& kernel, int fd, msghdr* message, int flags) {
  if ((flags & kCompatFlag) != 0) return -EINVAL;
  int error = 0;
  Object* const object = SocketFor(kernel, fd, &error);
  return object == nullptr ? error
                           : ReceiveInto(kernel, *object, message, Call::kRecvmsg, fd, flags);
}

ssize_t SendMessage(Kernel& kernel, int fd, const msghdr* message, int flags) {
  if ((flags & kCompatFlag) != 0) return -EINVAL;
  int error = 0;
  Object* const object = SocketFor(kernel, fd, &error);
  return object == nullptr ? error : SendFrom(kernel, *object, message, Call::kSendmsg, fd, flags);
}

// do_recvmmsg. (It names the parts of a message before it is known whether the address is one.)
__attribute__((no_sanitize("undefined"))) int ReceiveMessages(Kernel& kernel, int fd,
                                                              mmsghdr* messages, unsigned count,
                                                              int flags, timespec* timeout) {
  if ((flags & kCompatFlag) != 0) return -EINVAL;
  timespec left{};
  if (timeout != nullptr) {
    if (!CopyIn(&left, timeout)) return -EFAULT;
    if (!IsValid(left)) return -EINVAL;
  }
  const int64_t deadline = timeout == nullptr ? -1 : DeadlineAfter(kernel, ToNs(left));
  int lookup = 0;
  Object* const object = SocketFor(kernel, fd, &lookup);
  if (object == nullptr) return lookup;
  int* const error = PendingError(*object);
  if (*error != 0 && (flags & MSG_ERRQUEUE) == 0) return -std::exchange(*error, 0);
  unsigned received = 0;
  ssize_t result = 0;
  while (received < count) {
    mmsghdr& message = messages[received];
    result = ReceiveInto(kernel, *object, &message.msg_hdr, Call::kRecvmmsg, fd, flags);
    if (result < 0) break;
    if (!CopyOut(&message.msg_len, static_cast<unsigned>(result))) {
      result = -EFAULT;
      break;
    }
    ++received;
    if ((flags & MSG_WAITFORONE) != 0) flags |= MSG_DONTWAIT;
    if (timeout != nullptr) {
      left = Timespec(std::max<int64_t>(deadline - kernel.timers.now_ns(), 0));
      if (left.tv_sec == 0 && left.tv_nsec == 0) break;
    }
    if ((message.msg_hdr.msg_flags & MSG_OOB) != 0) break;
  }
  if (received == 0) return static_cast<int>(result);
  // What was received counts, and the next call hears of the error. A handler may have closed the
  // socket.
  if (result < 0 && result != -EAGAIN && kernel.descriptors.Get(fd) == object) {
    *error = static_cast<int>(-result);
  }
  if (timeout != nullptr && !CopyOut(timeout, left)) return -EFAULT;
  return static_cast<int>(received);
}

// __sys_sendmmsg
__attribute__((no_sanitize("undefined"))) int SendMessages(Kernel& kernel, int fd,
                                                           mmsghdr* messages, unsigned count,
                                                           int flags) {
  if ((flags & kCompatFlag) != 0) return -EINVAL;
  int error = 0;
  Object* const object = SocketFor(kernel, fd, &error);
  if (object == nullptr) return error;
  count = std::min<unsigned>(count, UIO_MAXIOV);
  unsigned sent = 0;
  while (sent < count) {
    mmsghdr& message = messages[sent];
    ssize_t result = SendFrom(kernel, *object, &message.msg_hdr, Call::kSendmmsg, fd, flags);
    if (result >= 0 && !CopyOut(&message.msg_len, static_cast<unsigned>(result))) result = -EFAULT;
    if (result < 0) return sent > 0 ? static_cast<int>(sent) : static_cast<int>(result);
    ++sent;
    if (message.msg_len < SumOfMessage(message.msg_hdr)) break;
  }
  return static_cast<int>(sent);
}

}  // namespace hupstorm::simulated
