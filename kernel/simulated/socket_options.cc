// getsockopt and setsockopt, and the options of SOL_SOCKET. Options that nothing in the simulation
// depends on are kept and given back as Linux would.

#include "kernel/simulated/socket_options.h"

#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <utility>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/special_files.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated {

namespace {

// To SO_SNDBUF a negative number is a large one (it is compared as unsigned); what forces its size
// takes it for 0.
int BufferFor(int wanted, int least, bool force) {
  constexpr int kMost = 4 << 20;  // net.core.wmem_max and rmem_max
  if (force) return std::max(std::clamp(wanted, 0, INT_MAX / 2) * 2, least);
  return std::max((wanted < 0 ? kMost : std::min(wanted, kMost)) * 2, least);
}

}  // namespace

int SendBufferFor(int wanted, bool force) {
  return BufferFor(wanted, 4608, force);  // SOCK_MIN_SNDBUF
}

int ReceiveBufferFor(int wanted, bool force) {
  return BufferFor(wanted, 2304, force);  // SOCK_MIN_RCVBUF
}

namespace {

// The last option that Linux has. One that it has and the simulation has not aborts; one that Linux
// does not have either gets its errno.
constexpr int kLastSocketOption = 100;
constexpr char kLoopbackDevice[] = "lo";
constexpr socklen_t kLongestOption = sizeof(timeval);  // of those that are simulated

int GiveTimeout(int64_t timeout_ns, void* to, socklen_t* length) {
  const int64_t ns = std::max<int64_t>(timeout_ns, 0);
  const timeval value = {.tv_sec = ns / kSecondNs, .tv_usec = ns % kSecondNs / 1000};
  return Give(&value, sizeof(value), to, length);
}

int TakeTimeout(const void* value, socklen_t length, int64_t* timeout_ns) {
  timeval time;
  if (length < sizeof(time)) return -EINVAL;
  std::memcpy(&time, value, sizeof(time));
  if (time.tv_usec < 0 || time.tv_usec >= 1'000'000) return -EDOM;
  if (time.tv_sec < 0) {
    *timeout_ns = 0;  // sock_set_timeout: does not wait at all
    return 0;
  }
  const int64_t ns = ToNs({.tv_sec = time.tv_sec, .tv_nsec = time.tv_usec * 1000});
  *timeout_ns = ns == 0 || ns == INT64_MAX ? -1 : ns;
  return 0;
}

// Options that are kept and given back, and that nothing else depends on.
struct PlainOption {
  int level;
  int name;
  bool SocketOptions::*flag = nullptr;
  int SocketOptions::*number = nullptr;  // without `flag`
  int least = INT_MIN;
  int most = INT_MAX;
};
constexpr int kMostKeepaliveSeconds = 32767;
constexpr int kMostKeepaliveProbes = 127;
// clang-format off
constexpr PlainOption kPlainOptions[] = {
    {SOL_SOCKET, SO_REUSEADDR, &SocketOptions::reuse_address},
    {SOL_SOCKET, SO_REUSEPORT, &SocketOptions::reuse_port},
    {SOL_SOCKET, SO_KEEPALIVE, &SocketOptions::keepalive},
    {SOL_SOCKET, SO_OOBINLINE, &SocketOptions::urgent_inline},
    {SOL_SOCKET, SO_BROADCAST, &SocketOptions::broadcast},
    {SOL_SOCKET, SO_DONTROUTE, &SocketOptions::do_not_route},
    {SOL_SOCKET, SO_TIMESTAMP, &SocketOptions::timestamps},
    {SOL_SOCKET, SO_PRIORITY, nullptr, &SocketOptions::priority},
    {SOL_SOCKET, SO_MARK, nullptr, &SocketOptions::mark},
    {IPPROTO_TCP, TCP_KEEPIDLE, nullptr, &SocketOptions::keepalive_idle_s, 1, kMostKeepaliveSeconds},
    {IPPROTO_TCP, TCP_KEEPINTVL, nullptr, &SocketOptions::keepalive_interval_s, 1, kMostKeepaliveSeconds},
    {IPPROTO_TCP, TCP_KEEPCNT, nullptr, &SocketOptions::keepalive_count, 1, kMostKeepaliveProbes},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, nullptr, &SocketOptions::user_timeout_ms, 0},
};
// clang-format on

const PlainOption* FindPlain(int level, int name) {
  const auto* const found =
      std::find_if(std::begin(kPlainOptions), std::end(kPlainOptions),
                   [&](const PlainOption& row) { return row.level == level && row.name == name; });
  return found == std::end(kPlainOptions) ? nullptr : found;
}

int SetPlain(const PlainOption& row, SocketOptions& options, const void* value, socklen_t length) {
  constexpr int kMostPriority = 6;  // without a privilege
  if (length < sizeof(int)) return -EINVAL;
  int number;
  std::memcpy(&number, value, sizeof(number));
  if (number < row.least || number > row.most) return -EINVAL;
  const bool is_free = row.number == &SocketOptions::priority
                           ? number >= 0 && number <= kMostPriority
                           : row.number != &SocketOptions::mark;
  if (!is_free && !IsCapable(CAP_NET_ADMIN)) return -EPERM;
  if (row.flag != nullptr) {
    options.*row.flag = number != 0;
  } else {
    options.*row.number = number;
  }
  return 0;
}

bool IsKnownLevel(int level, bool of_tcp) {
  const bool of_protocol = level == IPPROTO_TCP || level == IPPROTO_IP || level == IPPROTO_IPV6;
  return level == SOL_SOCKET || (of_tcp && of_protocol);
}

// SO_BINDTODEVICE: the simulation has one device.
int BindToDevice(TcpEndpoint& endpoint, const void* value, socklen_t length) {
  char device[IFNAMSIZ] = {};
  std::memcpy(device, value, std::min<size_t>(length, sizeof(device) - 1));
  const bool is_loopback = std::strcmp(device, kLoopbackDevice) == 0;
  if (!is_loopback && device[0] != 0) return -ENODEV;
  endpoint.options.bound_to_device = is_loopback;
  return 0;
}

// Those of SOL_SOCKET that the simulation has for AF_UNIX.
bool IsUnixOption(int name) {
  static constexpr int kNames[] = {
      SO_ERROR,     SO_TYPE,      SO_DOMAIN,   SO_PROTOCOL, SO_ACCEPTCONN, SO_REUSEADDR,
      SO_KEEPALIVE, SO_SNDBUF,    SO_RCVBUF,   SO_RCVTIMEO, SO_SNDTIMEO,   SO_LINGER,
      SO_RCVLOWAT,  SO_SNDLOWAT,  SO_PEERCRED, SO_PASSCRED, SO_OOBINLINE,  SO_BROADCAST,
      SO_DONTROUTE, SO_TIMESTAMP, SO_PRIORITY, SO_MARK,     SO_REUSEPORT};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// What only AF_UNIX has.
int GiveCredentials(const UnixStream* stream, void* value, socklen_t* length) {
  ucred peer = {.pid = 0, .uid = static_cast<uid_t>(-1), .gid = static_cast<gid_t>(-1)};
  if (stream != nullptr && stream->has_peer_credentials) {
    peer = {.pid = getpid(), .uid = geteuid(), .gid = getegid()};
  }
  return Give(&peer, sizeof peer, value, length);
}

// One of the two is null.
int GetSocketOption(SocketOptions& options, int* error, const TcpEndpoint* endpoint,
                    const UnixStream* stream, int name, void* value, socklen_t* length) {
  const bool of_unix = endpoint == nullptr;
  switch (of_unix && !IsUnixOption(name) ? -1 : name) {
    case SO_ERROR:
      return GiveInt(std::exchange(*error, 0), value, length);
    case SO_TYPE:
      return GiveInt(of_unix ? int{stream->type} : int{SOCK_STREAM}, value, length);
    case SO_DOMAIN:
      return GiveInt(of_unix ? AF_UNIX : endpoint->family(), value, length);
    case SO_PROTOCOL:
      return GiveInt(of_unix ? 0 : IPPROTO_TCP, value, length);
    case SO_ACCEPTCONN:
      return GiveInt(
          of_unix ? stream->state == UnixState::kListening : endpoint->state == TcpState::kListen,
          value, length);
    case SO_PEERCRED:
      return GiveCredentials(stream, value, length);
    case SO_PASSCRED:
      return of_unix ? GiveInt(stream->passes_credentials, value, length) : -EOPNOTSUPP;
    case SO_SNDBUF:
      return GiveInt(options.send_buffer, value, length);
    case SO_RCVBUF:
      return GiveInt(options.receive_buffer, value, length);
    case SO_RCVLOWAT:
      return GiveInt(options.receive_low_water, value, length);
    case SO_SNDLOWAT:
      return GiveInt(1, value, length);
    case SO_INCOMING_CPU:
      return GiveInt(!of_unix && endpoint->was_connected ? 0 : -1, value, length);
    case SO_BPF_EXTENSIONS:
      return GiveInt(64, value, length);  // SKF_AD_MAX
    case SO_BINDTODEVICE:
      if (options.bound_to_device) {
        if (*length < IFNAMSIZ) return -EINVAL;
        return Give(kLoopbackDevice, sizeof(kLoopbackDevice), value, length);
      }
      [[fallthrough]];
    case SO_GET_FILTER:
      return Give("", 0, value, length);
    case SO_PASSSEC:
      return -EOPNOTSUPP;
    case SO_PEERSEC:
      return -ENOPROTOOPT;
    case SO_PEERGROUPS:
      return -ENODATA;
    case SO_RCVTIMEO:
      return GiveTimeout(options.receive_timeout_ns, value, length);
    case SO_SNDTIMEO:
      return GiveTimeout(options.send_timeout_ns, value, length);
    case SO_LINGER: {
      const linger state = {.l_onoff = options.linger, .l_linger = options.linger_seconds};
      return Give(&state, sizeof(state), value, length);
    }
    default:
      if (name < 1 || name > kLastSocketOption) return -ENOPROTOOPT;
      return RefuseUnsimulated(ENOPROTOOPT, "getsockopt",
                               of_unix ? "AF_UNIX SOL_SOCKET option" : "SOL_SOCKET option", name);
  }
}

int SetSocketOption(Kernel& kernel, SocketOptions& options, TcpEndpoint* endpoint,
                    UnixStream* stream, int name, const void* value, socklen_t length) {
  const bool of_unix = endpoint == nullptr;
  if (length < sizeof(int)) return -EINVAL;
  int number;
  std::memcpy(&number, value, sizeof(number));
  switch (of_unix && !IsUnixOption(name) ? -1 : name) {
    case SO_SNDBUF:
      options.send_buffer = SendBufferFor(number);
      if (!of_unix) tcp::WakeIfWritable(kernel, *endpoint);
      return 0;
    case SO_RCVBUF:
      options.receive_buffer = ReceiveBufferFor(number);
      if (!of_unix) {
        tcp::SetBuffers(*endpoint);
        tcp::OpenWindow(kernel, *endpoint);
      }
      return 0;
    case SO_RCVLOWAT:
      // tcp_set_rcvlowat: never more than fits.
      options.receive_low_water =
          number < 0 ? INT32_MAX : std::clamp(number, 1, options.receive_buffer / 2);
      if (of_unix) return 0;
      if (endpoint->done ||
          (!endpoint->receive.empty() &&
           endpoint->receive.size() >= static_cast<uint32_t>(options.receive_low_water))) {
        WakeEndpoint(kernel, *endpoint, kDataReady);
      }
      return 0;
    case SO_SNDBUFFORCE:
    case SO_RCVBUFFORCE: {
      if (!IsCapable(CAP_NET_ADMIN)) return -EPERM;
      const bool sends = name == SO_SNDBUFFORCE;
      (sends ? options.send_buffer : options.receive_buffer) =
          sends ? SendBufferFor(number, true) : ReceiveBufferFor(number, true);
      if (sends) {
        tcp::WakeIfWritable(kernel, *endpoint);
      } else {
        tcp::SetBuffers(*endpoint);
        tcp::OpenWindow(kernel, *endpoint);
      }
      return 0;
    }
    case SO_INCOMING_CPU:
      return 0;
    case SO_PASSCRED:
      if (!of_unix) return -EOPNOTSUPP;
      stream->passes_credentials = number != 0;
      return 0;
    case SO_PASSSEC:
      return -EOPNOTSUPP;
    case SO_DETACH_FILTER:
      return -ENOENT;  // none was attached
    case SO_PEERCRED:
    case SO_PEERSEC:
    case SO_PEERGROUPS:
    case SO_BPF_EXTENSIONS:
      return -ENOPROTOOPT;
    case SO_TYPE:
    case SO_PROTOCOL:
    case SO_DOMAIN:
    case SO_ERROR:
    case SO_SNDLOWAT:
    case SO_ACCEPTCONN:
      return -ENOPROTOOPT;
    case SO_RCVTIMEO:
      return TakeTimeout(value, length, &options.receive_timeout_ns);
    case SO_SNDTIMEO:
      return TakeTimeout(value, length, &options.send_timeout_ns);
    case SO_LINGER: {
      linger state;
      if (length < sizeof(state)) return -EINVAL;
      std::memcpy(&state, value, sizeof(state));
      options.linger = state.l_onoff != 0;
      if (options.linger) options.linger_seconds = std::max(state.l_linger, 0);
      return 0;
    }
    default:
      if (name < 1 || name > kLastSocketOption) return -ENOPROTOOPT;
      return RefuseUnsimulated(ENOPROTOOPT, "setsockopt",
                               of_unix ? "AF_UNIX SOL_SOCKET option" : "SOL_SOCKET option", name);
  }
}

}  // namespace

int GetOption(Kernel& kernel, int fd, int level, int name, void* value, socklen_t* length) {
  const auto of = [&](auto& socket, TcpEndpoint* endpoint, const UnixStream* stream) {
    if (!IsKnownLevel(level, endpoint != nullptr)) return -EOPNOTSUPP;
    socklen_t room;
    if (!CopyIn(&room, length)) return -EFAULT;
    if (static_cast<int>(room) < 0) return -EINVAL;
    const PlainOption* const plain = FindPlain(level, name);
    if (plain != nullptr && (endpoint != nullptr || (level == SOL_SOCKET && IsUnixOption(name)))) {
      return GiveInt(
          plain->flag != nullptr ? socket.options.*plain->flag : socket.options.*plain->number,
          value, length);
    }
    const KeptOption* const kept = level == SOL_SOCKET ? FindKept(level, name) : nullptr;
    if (kept != nullptr && endpoint != nullptr) {
      return GiveInt(GetKept(*endpoint, *kept), value, length);
    }
    if (level == SOL_SOCKET) {
      return GetSocketOption(socket.options, &socket.error, endpoint, stream, name, value, length);
    }
    return endpoint == nullptr ? -EOPNOTSUPP
                               : GetProtocolOption(kernel, *endpoint, level, name, value, length);
  };
  return OnSocket(
      kernel.descriptors.Get(fd),
      [&](TcpEndpoint& endpoint) { return of(endpoint, &endpoint, nullptr); },
      [&](UnixStream& stream) { return of(stream, nullptr, &stream); });
}

int SetOption(Kernel& kernel, int fd, int level, int name, const void* value, socklen_t length) {
  const auto of = [&](SocketOptions& options, TcpEndpoint* endpoint, UnixStream* stream) {
    if (static_cast<int>(length) < 0) return -EINVAL;
    if (!IsKnownLevel(level, endpoint != nullptr)) {
      return endpoint != nullptr ? -ENOPROTOOPT : -EOPNOTSUPP;
    }
    // Whatever the option, an int is read first.
    if ((length >= sizeof(int) || level == IPPROTO_IP) &&
        !CanRead(value, std::min(length, kLongestOption))) {
      return -EFAULT;
    }
    const PlainOption* const plain = FindPlain(level, name);
    if (plain != nullptr && (endpoint != nullptr || (level == SOL_SOCKET && IsUnixOption(name)))) {
      const bool refused = endpoint == nullptr && name == SO_REUSEPORT;
      const int result = refused ? -EOPNOTSUPP : SetPlain(*plain, options, value, length);
      if (endpoint != nullptr) tcp::UpdateKeepalive(kernel, *endpoint);
      return result;
    }
    const KeptOption* const kept = level == SOL_SOCKET ? FindKept(level, name) : nullptr;
    if (kept != nullptr && endpoint != nullptr) {
      return SetKept(kernel, *endpoint, *kept, value, length);
    }
    if (level == SOL_SOCKET && name == SO_BINDTODEVICE && endpoint != nullptr) {
      return BindToDevice(*endpoint, value, length);
    }
    if (level == SOL_SOCKET) {
      return SetSocketOption(kernel, options, endpoint, stream, name, value, length);
    }
    return endpoint == nullptr ? -EOPNOTSUPP
                               : SetProtocolOption(kernel, *endpoint, level, name, value, length);
  };
  return OnSocket(
      kernel.descriptors.Get(fd),
      [&](TcpEndpoint& endpoint) { return of(endpoint.options, &endpoint, nullptr); },
      [&](UnixStream& stream) { return of(stream.options, nullptr, &stream); });
}

}  // namespace hupstorm::simulated
