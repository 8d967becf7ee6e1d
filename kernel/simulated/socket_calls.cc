// The calls that set sockets up and shut them down.

#include <netinet/in.h>
#include <sys/socket.h>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated {

namespace {

constexpr int kTypeFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;
constexpr int kTypeMask = 0xf;  // SOCK_TYPE_MASK

int BindTcp(Kernel& kernel, TcpEndpoint& endpoint, const sockaddr* address, socklen_t length) {
  Address wanted;
  if (const int parsed = ParseAddress(endpoint.family(), address, length, &wanted); parsed != 0) {
    return parsed;
  }
  if (!wanted.IsAny() && !wanted.IsLoopback()) return -EADDRNOTAVAIL;
  if (endpoint.state != TcpState::kClosed || endpoint.port != nullptr) return -EINVAL;
  const Address former = endpoint.local;
  endpoint.local = wanted;
  if (const int result = kernel.ports.Bind(endpoint); result != 0) {
    endpoint.local = former;
    return result;
  }
  // A port that the kernel chose is given up with the connection, one that was asked for is not.
  endpoint.bound_by_user = wanted.port != 0;
  endpoint.address_by_user = !wanted.IsAny();
  return 0;
}

}  // namespace

int OpenSocket(Kernel& kernel, int domain, int type, int protocol) {
  if ((type & ~kTypeMask & ~kTypeFlags) != 0) return -EINVAL;
  if (domain == AF_UNIX || domain == AF_NETLINK || domain == AF_PACKET) {
    AbortUnsimulated("socket", "address family", domain);
  }
  if (domain != AF_INET && domain != AF_INET6) return -EAFNOSUPPORT;
  if ((type & kTypeMask) > SOCK_PACKET || (type & kTypeMask) == 0) return -EINVAL;
  if ((type & kTypeMask) != SOCK_STREAM) {
    AbortUnsimulated("socket", "type", type & kTypeMask);
  }
  if (protocol != 0 && protocol != IPPROTO_TCP) return -EPROTONOSUPPORT;
  if (kernel.descriptors.LowestFree() < 0) return -EMFILE;
  TcpEndpoint& endpoint = *kernel.endpoints.New();
  endpoint.v6 = domain == AF_INET6;
  endpoint.local.native_v6 = endpoint.v6;
  endpoint.non_blocking = (type & SOCK_NONBLOCK) != 0;
  endpoint.options.send_buffer = kernel.options.send_buffer;
  endpoint.options.receive_buffer = kernel.options.receive_buffer;
  tcp::SetBuffers(endpoint);
  return InstallLowest(kernel, endpoint, (type & SOCK_CLOEXEC) != 0);
}

int OpenSocketPair(Kernel& kernel, int domain, int type, int protocol, int fds[2]) {
  if (domain != AF_UNIX) {
    return domain == AF_INET || domain == AF_INET6 ? -EOPNOTSUPP : -EAFNOSUPPORT;
  }
  if ((type & ~kTypeFlags) != SOCK_STREAM) {
    AbortUnsimulated("socketpair", "type", type & ~kTypeFlags);
  }
  if (protocol != 0 && protocol != AF_UNIX) return -EPROTONOSUPPORT;
  if (fds == nullptr) return -EFAULT;
  const int first = kernel.descriptors.LowestFree();
  if (first < 0 || kernel.descriptors.LowestFree(first + 1) < 0) return -EMFILE;
  UnixStream* ends[2] = {kernel.unix_streams.New(), kernel.unix_streams.New()};
  for (int i = 0; i < 2; ++i) {
    ends[i]->other = ends[1 - i];
    ends[i]->non_blocking = (type & SOCK_NONBLOCK) != 0;
    // net.core.wmem_default
    ends[i]->options.send_buffer = ends[i]->options.receive_buffer = 212992;
    fds[i] = InstallLowest(kernel, *ends[i], (type & SOCK_CLOEXEC) != 0);
  }
  return 0;
}

int BindSocket(Kernel& kernel, int fd, const sockaddr* address, socklen_t length) {
  return OnSocket(
      kernel.descriptors.Get(fd),
      [&](TcpEndpoint& endpoint) { return BindTcp(kernel, endpoint, address, length); },
      [&](UnixStream&) -> int { AbortUnsimulated("bind", "AF_UNIX fd", fd); });
}

int ListenOn(Kernel& kernel, int fd, int backlog) {
  return OnSocket(
      kernel.descriptors.Get(fd),
      [&](TcpEndpoint& endpoint) { return tcp::Listen(kernel, endpoint, backlog); },
      [](UnixStream&) { return -EINVAL; });
}

int AcceptOn(Kernel& kernel, int fd, sockaddr* address, socklen_t* length, int flags) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if ((flags & ~kTypeFlags) != 0) return -EINVAL;
  // Linux takes the number first, so that EMFILE comes before EAGAIN.
  if (kernel.descriptors.LowestFree() < 0) return -EMFILE;
  if (object->kind == Kind::kUnixStream) return -EINVAL;
  if (object->kind != Kind::kTcp) return -ENOTSOCK;
  TcpEndpoint& listener = static_cast<TcpEndpoint&>(*object);
  if (listener.state != TcpState::kListen) return -EINVAL;
  const SleepRequest request = SleepOf(kernel, listener, {.call = Call::kAccept, .fd = fd},
                                       listener.options.receive_timeout_ns);
  TcpEndpoint* child = tcp::TakeAccepted(kernel, listener);
  while (child == nullptr) {
    if (const int woken = Sleep(kernel, listener, request); woken != 0) return woken;
    if (listener.state != TcpState::kListen) return -EINVAL;
    child = tcp::TakeAccepted(kernel, listener);
  }
  child->non_blocking = (flags & SOCK_NONBLOCK) != 0;
  // A handler that ran meanwhile may have taken the last number; Linux holds one back for us.
  if (kernel.descriptors.LowestFree() < 0) {
    ++child->references;
    Unreference(kernel, *child, -1);
    return -EMFILE;
  }
  const int accepted = InstallLowest(kernel, *child, (flags & SOCK_CLOEXEC) != 0);
  if (address != nullptr) {
    const int written = WriteAddress(child->family(), child->remote_address, address, length);
    if (written != 0) {
      Unreference(kernel, *kernel.descriptors.Remove(accepted), -1);
      return written;
    }
  }
  return accepted;
}

int ConnectTo(Kernel& kernel, int fd, const sockaddr* address, socklen_t length) {
  return OnSocket(
      kernel.descriptors.Get(fd),
      [&](TcpEndpoint& endpoint) { return tcp::Connect(kernel, endpoint, address, length, fd); },
      [&](UnixStream&) {
        if (address == nullptr) return -EFAULT;
        const bool of_unix = length > sizeof(sa_family_t) && address->sa_family == AF_UNIX;
        return of_unix ? -EISCONN : -EINVAL;
      });
}

int ShutSocket(Kernel& kernel, int fd, int how) {
  return OnSocket(
      kernel.descriptors.Get(fd),
      [&](TcpEndpoint& endpoint) { return tcp::Shutdown(kernel, endpoint, how); },
      [&](UnixStream& stream) { return ShutdownUnix(kernel, stream, how); });
}

int OwnName(Kernel& kernel, int fd, sockaddr* address, socklen_t* length) {
  return OnSocket(
      kernel.descriptors.Get(fd),
      [&](TcpEndpoint& endpoint) {
        return WriteAddress(endpoint.family(), endpoint.local, address, length);
      },
      [&](UnixStream&) { return WriteAddress(AF_UNIX, {}, address, length); });
}

// inet_getname. The name of a UNIX socket outlives the other end: it is kept in the socket itself.
int PeerName(Kernel& kernel, int fd, sockaddr* address, socklen_t* length) {
  return OnSocket(
      kernel.descriptors.Get(fd),
      [&](TcpEndpoint& endpoint) {
        const bool connected = endpoint.remote_address.port != 0 &&
                               endpoint.state != TcpState::kClosed &&
                               endpoint.state != TcpState::kSynSent;
        return connected ? WriteAddress(endpoint.family(), endpoint.remote_address, address, length)
                         : -ENOTCONN;
      },
      [&](UnixStream&) { return WriteAddress(AF_UNIX, {}, address, length); });
}

}  // namespace hupstorm::simulated
