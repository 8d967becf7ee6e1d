// The calls that set sockets up and shut them down.

#include <netinet/in.h>
#include <sys/socket.h>

#include "kernel/simulated/facade.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm {

using simulated::Address;
using simulated::IsHost;
using simulated::Kernel;
using simulated::Kind;
using simulated::Object;
using simulated::Result;
using simulated::TcpEndpoint;
using simulated::UnixStream;

namespace {

constexpr int kTypeFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;
constexpr int kTypeMask = 0xf;  // SOCK_TYPE_MASK

// The object behind a socket's descriptor; null and an errno where there is none.
Object* FindSocket(Kernel& kernel, int fd, int* error) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) {
    *error = -EBADF;
    return nullptr;
  }
  if (object->kind != Kind::kTcp && object->kind != Kind::kUnixStream) {
    *error = -ENOTSOCK;
    return nullptr;
  }
  return object;
}

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

int Accept(Kernel& kernel, int fd, sockaddr* address, socklen_t* length, int flags) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if ((flags & ~kTypeFlags) != 0) return -EINVAL;
  // Linux takes the number first, so that EMFILE comes before EAGAIN.
  if (kernel.descriptors.LowestFree() < 0) return -EMFILE;
  if (object->kind == Kind::kUnixStream) return -EINVAL;
  if (object->kind != Kind::kTcp) return -ENOTSOCK;
  TcpEndpoint& listener = static_cast<TcpEndpoint&>(*object);
  if (listener.state != TcpState::kListen) return -EINVAL;
  const int64_t timeout = listener.options.receive_timeout_ns;
  int64_t deadline = -1;
  bool deadline_known = false;
  TcpEndpoint* child = simulated::tcp::TakeAccepted(kernel, listener);
  while (child == nullptr) {
    if (listener.non_blocking) return -EAGAIN;
    if (!deadline_known) {
      deadline = simulated::DeadlineAfter(kernel, timeout);
      deadline_known = true;
    }
    const int woken = simulated::Sleep(
        kernel, listener,
        {.call = Call::kAccept, .fd = fd, .deadline_ns = deadline, .restartable = timeout < 0});
    if (woken != 0) return woken == -ETIMEDOUT ? -EAGAIN : woken;
    if (listener.state != TcpState::kListen) return -EINVAL;
    child = simulated::tcp::TakeAccepted(kernel, listener);
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
    const int written = WriteAddress(child->family(), child->foreign, address, length);
    if (written != 0) {
      Unreference(kernel, *kernel.descriptors.Remove(accepted), -1);
      return written;
    }
  }
  return accepted;
}

}  // namespace

int SimulatedKernel::Socket(int domain, int type, int protocol) {
  State& state = *state_;
  if ((type & ~kTypeMask & ~kTypeFlags) != 0) return Result(-EINVAL);
  if (domain == AF_UNIX || domain == AF_NETLINK || domain == AF_PACKET) {
    simulated::AbortUnsimulated("socket", "address family", domain);
  }
  if (domain != AF_INET && domain != AF_INET6) return Result(-EAFNOSUPPORT);
  if ((type & kTypeMask) > SOCK_PACKET || (type & kTypeMask) == 0) return Result(-EINVAL);
  if ((type & kTypeMask) != SOCK_STREAM) {
    simulated::AbortUnsimulated("socket", "type", type & kTypeMask);
  }
  if (protocol != 0 && protocol != IPPROTO_TCP) return Result(-EPROTONOSUPPORT);
  if (state.descriptors.LowestFree() < 0) return Result(-EMFILE);
  TcpEndpoint& endpoint = *state.endpoints.New();
  endpoint.v6 = domain == AF_INET6;
  endpoint.local.native_v6 = endpoint.v6;
  endpoint.non_blocking = (type & SOCK_NONBLOCK) != 0;
  endpoint.options.send_buffer = state.options.send_buffer;
  endpoint.options.receive_buffer = state.options.receive_buffer;
  simulated::tcp::SetBuffers(endpoint);
  return InstallLowest(state, endpoint, (type & SOCK_CLOEXEC) != 0);
}

int SimulatedKernel::Socketpair(int domain, int type, int protocol, int fds[2]) {
  State& state = *state_;
  if (domain != AF_UNIX) {
    return Result(domain == AF_INET || domain == AF_INET6 ? -EOPNOTSUPP : -EAFNOSUPPORT);
  }
  if ((type & ~kTypeFlags) != SOCK_STREAM) {
    simulated::AbortUnsimulated("socketpair", "type", type & ~kTypeFlags);
  }
  if (protocol != 0 && protocol != AF_UNIX) return Result(-EPROTONOSUPPORT);
  if (fds == nullptr) return Result(-EFAULT);
  const int first = state.descriptors.LowestFree();
  if (first < 0 || state.descriptors.LowestFree(first + 1) < 0) return Result(-EMFILE);
  UnixStream* ends[2] = {state.unix_streams.New(), state.unix_streams.New()};
  for (int i = 0; i < 2; ++i) {
    ends[i]->other = ends[1 - i];
    ends[i]->non_blocking = (type & SOCK_NONBLOCK) != 0;
    // net.core.wmem_default
    ends[i]->send_buffer = ends[i]->receive_buffer = 212992;
    fds[i] = InstallLowest(state, *ends[i], (type & SOCK_CLOEXEC) != 0);
  }
  return 0;
}

int SimulatedKernel::Bind(int fd, const sockaddr* address, socklen_t length) {
  if (IsHost(fd)) return state_->host.Bind(fd, address, length);
  int error = 0;
  Object* object = FindSocket(*state_, fd, &error);
  if (object == nullptr) return Result(error);
  if (object->kind == Kind::kUnixStream) simulated::AbortUnsimulated("bind", "AF_UNIX fd", fd);
  return Result(BindTcp(*state_, static_cast<TcpEndpoint&>(*object), address, length));
}

int SimulatedKernel::Listen(int fd, int backlog) {
  if (IsHost(fd)) return state_->host.Listen(fd, backlog);
  int error = 0;
  Object* object = FindSocket(*state_, fd, &error);
  if (object == nullptr) return Result(error);
  if (object->kind == Kind::kUnixStream) return Result(-EINVAL);
  return Result(simulated::tcp::Listen(*state_, static_cast<TcpEndpoint&>(*object), backlog));
}

int SimulatedKernel::Accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  if (IsHost(fd)) return state_->host.Accept4(fd, address, length, flags);
  return Result(Accept(*state_, fd, address, length, flags));
}

int SimulatedKernel::Connect(int fd, const sockaddr* address, socklen_t length) {
  if (IsHost(fd)) return state_->host.Connect(fd, address, length);
  int error = 0;
  Object* object = FindSocket(*state_, fd, &error);
  if (object == nullptr) return Result(error);
  if (object->kind == Kind::kUnixStream) {
    if (address == nullptr) return Result(-EFAULT);
    const bool of_unix = length > sizeof(sa_family_t) && address->sa_family == AF_UNIX;
    return Result(of_unix ? -EISCONN : -EINVAL);
  }
  return Result(
      simulated::tcp::Connect(*state_, static_cast<TcpEndpoint&>(*object), address, length, fd));
}

int SimulatedKernel::Shutdown(int fd, int how) {
  if (IsHost(fd)) return state_->host.Shutdown(fd, how);
  int error = 0;
  Object* object = FindSocket(*state_, fd, &error);
  if (object == nullptr) return Result(error);
  if (object->kind == Kind::kUnixStream) {
    return Result(ShutdownUnix(*state_, static_cast<UnixStream&>(*object), how));
  }
  return Result(simulated::tcp::Shutdown(*state_, static_cast<TcpEndpoint&>(*object), how));
}

int SimulatedKernel::Getsockname(int fd, sockaddr* address, socklen_t* length) {
  if (IsHost(fd)) return state_->host.Getsockname(fd, address, length);
  int error = 0;
  Object* object = FindSocket(*state_, fd, &error);
  if (object == nullptr) return Result(error);
  if (object->kind == Kind::kUnixStream) {
    return Result(simulated::WriteAddress(AF_UNIX, {}, address, length));
  }
  const TcpEndpoint& endpoint = static_cast<TcpEndpoint&>(*object);
  return Result(simulated::WriteAddress(endpoint.family(), endpoint.local, address, length));
}

int SimulatedKernel::Getpeername(int fd, sockaddr* address, socklen_t* length) {
  if (IsHost(fd)) return state_->host.Getpeername(fd, address, length);
  int error = 0;
  Object* object = FindSocket(*state_, fd, &error);
  if (object == nullptr) return Result(error);
  if (object->kind == Kind::kUnixStream) {
    // The name outlives the other end: it is kept in the socket itself.
    return Result(simulated::WriteAddress(AF_UNIX, {}, address, length));
  }
  const TcpEndpoint& endpoint = static_cast<TcpEndpoint&>(*object);
  // inet_getname
  if (endpoint.foreign.port == 0 || endpoint.state == TcpState::kClosed ||
      endpoint.state == TcpState::kSynSent) {
    return Result(-ENOTCONN);
  }
  return Result(simulated::WriteAddress(endpoint.family(), endpoint.foreign, address, length));
}

}  // namespace hupstorm
