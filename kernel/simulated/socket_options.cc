// getsockopt and setsockopt, and the options of SOL_SOCKET. Options that nothing in the simulation
// depends on are kept and given back as Linux would.

#include "kernel/simulated/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <utility>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/special_files.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated {

constexpr int kMostBuffer = 4 << 20;  // net.core.wmem_max and rmem_max

int SendBufferFor(int wanted) {
  return std::max(std::min(wanted, kMostBuffer) * 2, 4608);  // SOCK_MIN_SNDBUF
}

int ReceiveBufferFor(int wanted) {
  return std::max(std::min(wanted, kMostBuffer) * 2, 2304);  // SOCK_MIN_RCVBUF
}

namespace {

// The last option that Linux has. One that it has and the simulation has not aborts; one that Linux
// does not have either gets its errno.
constexpr int kLastSocketOption = 100;

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
    {SOL_SOCKET, SO_REUSEPORT, &SocketOptions::reuse_port},
    {SOL_SOCKET, SO_KEEPALIVE, &SocketOptions::keepalive},
    {SOL_SOCKET, SO_OOBINLINE, &SocketOptions::urgent_inline},
    {SOL_SOCKET, SO_BROADCAST, &SocketOptions::broadcast},
    {SOL_SOCKET, SO_DONTROUTE, &SocketOptions::do_not_route},
    {SOL_SOCKET, SO_TIMESTAMP, &SocketOptions::timestamps},
    {SOL_SOCKET, SO_PRIORITY, nullptr, &SocketOptions::priority},
    {SOL_SOCKET, SO_MARK, nullptr, &SocketOptions::mark},
    {IPPROTO_TCP, TCP_NODELAY, &SocketOptions::no_delay},
    {IPPROTO_TCP, TCP_CORK, &SocketOptions::cork},
    {IPPROTO_TCP, TCP_QUICKACK, &SocketOptions::quick_ack},
    {IPPROTO_TCP, TCP_KEEPIDLE, nullptr, &SocketOptions::keepalive_idle_s, 1, kMostKeepaliveSeconds},
    {IPPROTO_TCP, TCP_KEEPINTVL, nullptr, &SocketOptions::keepalive_interval_s, 1, kMostKeepaliveSeconds},
    {IPPROTO_TCP, TCP_KEEPCNT, nullptr, &SocketOptions::keepalive_count, 1, kMostKeepaliveProbes},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, nullptr, &SocketOptions::user_timeout_ms, 0},
    {IPPROTO_TCP, TCP_LINGER2, nullptr, &SocketOptions::fin_timeout_s},
};
// clang-format on

const PlainOption* FindPlain(int level, int name) {
  const auto* const found =
      std::find_if(std::begin(kPlainOptions), std::end(kPlainOptions),
                   [&](const PlainOption& row) { return row.level == level && row.name == name; });
  return found == std::end(kPlainOptions) ? nullptr : found;
}

int SetPlain(const PlainOption& row, SocketOptions& options, const void* value, socklen_t length) {
  if (length < sizeof(int)) return -EINVAL;
  int number;
  std::memcpy(&number, value, sizeof(number));
  if (number < row.least || number > row.most) return -EINVAL;
  if (row.flag != nullptr) {
    options.*row.flag = number != 0;
  } else {
    options.*row.number = number;
  }
  return 0;
}

// Those of SOL_SOCKET that the simulation has for AF_UNIX.
bool IsUnixOption(int name) {
  static constexpr int kNames[] = {SO_ERROR,      SO_TYPE,      SO_DOMAIN,    SO_PROTOCOL,
                                   SO_ACCEPTCONN, SO_REUSEADDR, SO_KEEPALIVE, SO_SNDBUF,
                                   SO_RCVBUF,     SO_RCVTIMEO,  SO_SNDTIMEO,  SO_LINGER};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// `endpoint` is null for AF_UNIX.
int GetSocketOption(SocketOptions& options, int* error, const TcpEndpoint* endpoint, int name,
                    void* value, socklen_t* length) {
  const bool of_unix = endpoint == nullptr;
  switch (of_unix && !IsUnixOption(name) ? -1 : name) {
    case SO_ERROR:
      return GiveInt(std::exchange(*error, 0), value, length);
    case SO_TYPE:
      return GiveInt(SOCK_STREAM, value, length);
    case SO_DOMAIN:
      return GiveInt(of_unix ? AF_UNIX : endpoint->family(), value, length);
    case SO_PROTOCOL:
      return GiveInt(of_unix ? 0 : IPPROTO_TCP, value, length);
    case SO_ACCEPTCONN:
      return GiveInt(!of_unix && endpoint->state == TcpState::kListen, value, length);
    case SO_REUSEADDR:
      return GiveInt(options.reuse_address, value, length);
    case SO_SNDBUF:
      return GiveInt(options.send_buffer, value, length);
    case SO_RCVBUF:
      return GiveInt(options.receive_buffer, value, length);
    case SO_RCVLOWAT:
      return GiveInt(options.receive_low_water, value, length);
    case SO_SNDLOWAT:
      return GiveInt(1, value, length);
    case SO_INCOMING_CPU:
      return GiveInt(0, value, length);
    case SO_RCVTIMEO:
      return GiveTimeout(options.receive_timeout_ns, value, length);
    case SO_SNDTIMEO:
      return GiveTimeout(options.send_timeout_ns, value, length);
    case SO_LINGER: {
      const linger state = {.l_onoff = options.linger, .l_linger = options.linger_seconds};
      return Give(&state, sizeof(state), value, length);
    }
    default:
      if (name > kLastSocketOption) return -ENOPROTOOPT;
      AbortUnsimulated("getsockopt", of_unix ? "AF_UNIX SOL_SOCKET option" : "SOL_SOCKET option",
                       name);
  }
}

int SetSocketOption(Kernel& kernel, SocketOptions& options, TcpEndpoint* endpoint, int name,
                    const void* value, socklen_t length) {
  const bool of_unix = endpoint == nullptr;
  if (length < sizeof(int)) return -EINVAL;
  int number;
  std::memcpy(&number, value, sizeof(number));
  switch (of_unix && !IsUnixOption(name) ? -1 : name) {
    case SO_REUSEADDR:
      if (of_unix) {
        options.reuse_address = number != 0;
      } else {
        kernel.ports.SetReuse(*endpoint, number != 0);
      }
      return 0;
    case SO_SNDBUF:
      options.send_buffer = SendBufferFor(number);
      // sk_stream_write_space wakes whether or not a sender found the buffer full.
      if (!of_unix && tcp::IsWritable(*endpoint)) {
        endpoint->no_space = false;
        WakeEndpoint(kernel, *endpoint, kWriteSpace);
      }
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
      if (endpoint->done ||
          (!endpoint->receive.empty() &&
           endpoint->receive.size() >= static_cast<uint32_t>(options.receive_low_water))) {
        WakeEndpoint(kernel, *endpoint, kDataReady);
      }
      return 0;
    case SO_INCOMING_CPU:
    case SO_BUSY_POLL:
    case SO_ZEROCOPY:
      return 0;
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
      if (name > kLastSocketOption) return -ENOPROTOOPT;
      AbortUnsimulated("setsockopt", of_unix ? "AF_UNIX SOL_SOCKET option" : "SOL_SOCKET option",
                       name);
  }
}

}  // namespace

int GetOption(Kernel& kernel, int fd, int level, int name, void* value, socklen_t* length) {
  const auto of = [&](auto& socket, TcpEndpoint* endpoint) {
    if (length == nullptr || (value == nullptr && *length > 0)) return -EFAULT;
    if (static_cast<int>(*length) < 0) return -EINVAL;
    const PlainOption* const plain = FindPlain(level, name);
    if (plain != nullptr && (endpoint != nullptr || (level == SOL_SOCKET && IsUnixOption(name)))) {
      return GiveInt(
          plain->flag != nullptr ? socket.options.*plain->flag : socket.options.*plain->number,
          value, length);
    }
    if (level == SOL_SOCKET) {
      return GetSocketOption(socket.options, &socket.error, endpoint, name, value, length);
    }
    return endpoint == nullptr ? -EOPNOTSUPP
                               : GetProtocolOption(*endpoint, level, name, value, length);
  };
  return OnSocket(
      kernel.descriptors.Get(fd), [&](TcpEndpoint& endpoint) { return of(endpoint, &endpoint); },
      [&](UnixStream& stream) { return of(stream, nullptr); });
}

int SetOption(Kernel& kernel, int fd, int level, int name, const void* value, socklen_t length) {
  const auto of = [&](SocketOptions& options, TcpEndpoint* endpoint) {
    if (static_cast<int>(length) < 0) return -EINVAL;
    if (value == nullptr && length > 0) return -EFAULT;
    const PlainOption* const plain = FindPlain(level, name);
    if (plain != nullptr && (endpoint != nullptr || (level == SOL_SOCKET && IsUnixOption(name)))) {
      const int result = SetPlain(*plain, options, value, length);
      if (endpoint != nullptr) tcp::UpdateKeepalive(kernel, *endpoint);
      return result;
    }
    if (level == SOL_SOCKET) {
      return SetSocketOption(kernel, options, endpoint, name, value, length);
    }
    return endpoint == nullptr ? -EOPNOTSUPP
                               : SetProtocolOption(*endpoint, level, name, value, length);
  };
  return OnSocket(
      kernel.descriptors.Get(fd),
      [&](TcpEndpoint& endpoint) { return of(endpoint.options, &endpoint); },
      [&](UnixStream& stream) { return of(stream.options, nullptr); });
}

}  // namespace hupstorm::simulated
