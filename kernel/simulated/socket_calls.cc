// The calls that set sockets up and shut them down.

#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdio>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated {

namespace {

constexpr int kTypeFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;
constexpr int kTypeMask = 0xf;  // SOCK_TYPE_MASK

// inet_create: whether there are sockets of this type and protocol. Returns 0 or a negative errno.
int CheckInternetType(int type, int protocol) {
  if (type > SOCK_PACKET || protocol < 0 || protocol > UINT8_MAX) return -EINVAL;
  switch (type) {
    case SOCK_STREAM:
      return protocol == 0 || protocol == IPPROTO_TCP ? 0 : -EPROTONOSUPPORT;
    case SOCK_DGRAM:
      return protocol == 0 || protocol == IPPROTO_UDP ? 0 : -EPROTONOSUPPORT;
    case SOCK_RAW:
      return protocol != 0 ? 0 : -EPROTONOSUPPORT;
    default:
      return -ESOCKTNOSUPPORT;
  }
}

// inet_port_requires_bind_service. Which ports are privileged, and what this process may do, is a
// matter of the machine.
bool MayBindPort(uint16_t port) {
  constexpr int kFirstUnprivileged = 1024;
  if (port == 0 || port >= kFirstUnprivileged || IsCapable(CAP_NET_BIND_SERVICE)) return true;
  int first = kFirstUnprivileged;
  if (std::FILE* const file = std::fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re")) {
    if (std::fscanf(file, "%d", &first) != 1) first = kFirstUnprivileged;
    std::fclose(file);
  }
  return port >= first;
}

// __inet_bind, __inet6_bind
int BindTcp(Kernel& kernel, TcpEndpoint& endpoint, const sockaddr* address, socklen_t length) {
  if (length > sizeof(sockaddr_storage)) return -EINVAL;
  Address wanted;
  int parsed = ParseAddress(endpoint.family(), address, length, &wanted);
  if (parsed == 0 && !wanted.IsAny() && !wanted.IsLoopback()) parsed = -EADDRNOTAVAIL;
  const bool is_elsewhere = parsed == -EADDRNOTAVAIL;
  if (parsed != 0 && !(is_elsewhere && endpoint.v6)) return parsed;
  if (!MayBindPort(wanted.port)) return -EACCES;
  if (endpoint.state != TcpState::kClosed || endpoint.port != nullptr) return -EINVAL;
  const bool is_v4 = endpoint.v6 && !wanted.native_v6;
  if (is_v4 && endpoint.options.v6_only) return -EINVAL;
  if (is_elsewhere) return parsed;
  const Address former = endpoint.local;
  const bool former_v6_only = endpoint.options.v6_only;
  endpoint.local = wanted;
  if (endpoint.v6 && !is_v4 && !wanted.IsAny()) endpoint.options.v6_only = true;
  if (const int result = kernel.ports.Bind(endpoint); result != 0) {
    endpoint.local = former;
    endpoint.options.v6_only = former_v6_only;
    return result;
  }
  // A port that the kernel chose is given up with the connection, one that was asked for is not.
  endpoint.bound_by_user = wanted.port != 0;
  endpoint.address_by_user = !wanted.IsAny();
  return 0;
}

// unix_create: SOCK_RAW is another word for datagrams.
int UnixType(int type) {
  const int bare = type & kTypeMask;
  return bare == SOCK_RAW ? SOCK_DGRAM : bare;
}

int CheckUnixType(int type, int protocol) {
  if ((type & ~kTypeMask & ~kTypeFlags) != 0) return -EINVAL;
  if ((type & kTypeMask) > SOCK_PACKET || (type & kTypeMask) == 0) return -EINVAL;
  if (protocol != 0 && protocol != AF_UNIX) return -EPROTONOSUPPORT;
  const int bare = UnixType(type);
  const bool known = bare == SOCK_STREAM || bare == SOCK_DGRAM || bare == SOCK_SEQPACKET;
  return known ? 0 : -ESOCKTNOSUPPORT;
}

int OpenUnix(Kernel& kernel, int type, int protocol) {
  if (const int refused = CheckUnixType(type, protocol); refused != 0) return refused;
  if (kernel.descriptors.LowestFree() < 0) return -EMFILE;
  UnixStream& stream = NewUnixStream(kernel, UnixType(type), (type & SOCK_NONBLOCK) != 0);
  return InstallLowest(kernel, stream, (type & SOCK_CLOEXEC) != 0);
}

int AcceptOnUnix(Kernel& kernel, UnixStream& listener, int fd, sockaddr* address, socklen_t* length,
                 int flags) {
  int error = 0;
  UnixStream* const accepted = AcceptUnix(kernel, listener, fd, &error);
  if (accepted == nullptr) return error;
  accepted->non_blocking = (flags & SOCK_NONBLOCK) != 0;
  ++accepted->references;
  int result = kernel.descriptors.LowestFree() < 0 ? -EMFILE : 0;
  if (result == 0 && address != nullptr) result = UnixPeerName(*accepted, address, length);
  if (result == 0) result = InstallLowest(kernel, *accepted, (flags & SOCK_CLOEXEC) != 0);
  Unreference(kernel, *accepted, -1);
  return result;
}

}  // namespace

int OpenSocket(Kernel& kernel, int domain, int type, int protocol) {
  if ((type & ~kTypeMask & ~kTypeFlags) != 0) return -EINVAL;
  if (domain == AF_NETLINK || domain == AF_PACKET) {
    AbortUnsimulated("socket", "address family", domain);
  }
  if (domain == AF_UNIX) return OpenUnix(kernel, type, protocol);
  if (domain != AF_INET && domain != AF_INET6) return -EAFNOSUPPORT;
  if (const int refused = CheckInternetType(type & kTypeMask, protocol); refused != 0)
    return refused;
  if ((type & kTypeMask) != SOCK_STREAM) {
    AbortUnsimulated("socket", "type", type & kTypeMask);
  }
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
    if (domain != AF_INET && domain != AF_INET6) return -EAFNOSUPPORT;
    const int refused = CheckInternetType(type & kTypeMask, protocol);
    return refused != 0 ? refused : -EOPNOTSUPP;
  }
  if (const int refused = CheckUnixType(type, protocol); refused != 0) return refused;
  const int first = kernel.descriptors.LowestFree();
  if (first < 0 || kernel.descriptors.LowestFree(first + 1) < 0) return -EMFILE;
  if (!CanWrite(fds, 2 * sizeof *fds)) return -EFAULT;
  UnixStream* const ends[2] = {&NewUnixStream(kernel, UnixType(type), (type & SOCK_NONBLOCK) != 0),
                               &NewUnixStream(kernel, UnixType(type), (type & SOCK_NONBLOCK) != 0)};
  JoinUnix(kernel, *ends[0], *ends[1]);
  for (int i = 0; i < 2; ++i) fds[i] = InstallLowest(kernel, *ends[i], (type & SOCK_CLOEXEC) != 0);
  return 0;
}

int BindSocket(Kernel& kernel, int fd, const sockaddr* address, socklen_t length) {
  return OnSocket(
      kernel.descriptors.Get(fd),
      [&](TcpEndpoint& endpoint) { return BindTcp(kernel, endpoint, address, length); },
      [&](UnixStream& stream) { return BindUnix(kernel, stream, address, length); });
}

int ListenOn(Kernel& kernel, int fd, int backlog) {
  return OnSocket(
      kernel.descriptors.Get(fd),
      [&](TcpEndpoint& endpoint) { return tcp::Listen(kernel, endpoint, backlog); },
      [&](UnixStream& stream) { return ListenUnix(kernel, stream, backlog); });
}

int AcceptOn(Kernel& kernel, int fd, sockaddr* address, socklen_t* length, int flags) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if ((flags & ~kTypeFlags) != 0) return -EINVAL;
  // Linux takes the number first, so that EMFILE comes before EAGAIN.
  if (kernel.descriptors.LowestFree() < 0) return -EMFILE;
  if (object->kind == Kind::kUnixStream) {
    return AcceptOnUnix(kernel, static_cast<UnixStream&>(*object), fd, address, length, flags);
  }
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
  Object* const object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  // move_addr_to_kernel comes before the socket is looked at.
  if (length > sizeof(sockaddr_storage)) return -EINVAL;
  if (!CanRead(address, length)) return -EFAULT;
  return OnSocket(
      object,
      [&](TcpEndpoint& endpoint) { return tcp::Connect(kernel, endpoint, address, length, fd); },
      [&](UnixStream& stream) { return ConnectUnix(kernel, stream, address, length, fd); });
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
      [&](UnixStream& stream) { return WriteUnixName(stream.name, address, length); });
}

// inet_getname
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
      [&](UnixStream& stream) { return UnixPeerName(stream, address, length); });
}

}  // namespace hupstorm::simulated
