// getsockopt and setsockopt, and the options of SOL_SOCKET. Options that nothing in the simulation
// depends on are kept and given back as Linux would.

#include "kernel/simulated/socket_options.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/tcp.h"
#include "kernel/simulated/timerfd.h"

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
  const timeval value = {.tv_sec = ns / kNsPerSecond, .tv_usec = ns % kNsPerSecond / 1000};
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

int Domain(const Object& object) {
  if (object.kind == Kind::kUnixStream) return AF_UNIX;
  return static_cast<const TcpEndpoint&>(object).family();
}

// ---- SOL_SOCKET.

// SO_LINGER of a socket of either family. `options` keeps what it is set to.
template <typename Options>
int GiveLinger(const Options& options, void* value, socklen_t* length) {
  const linger state = {.l_onoff = options.linger, .l_linger = options.linger_seconds};
  return Give(&state, sizeof(state), value, length);
}

template <typename Options>
int TakeLinger(const void* value, socklen_t length, Options& options) {
  linger state;
  if (length < sizeof(state)) return -EINVAL;
  std::memcpy(&state, value, sizeof(state));
  options.linger = state.l_onoff != 0;
  if (options.linger) options.linger_seconds = std::max(state.l_linger, 0);
  return 0;
}

int GetUnixOption(UnixStream& stream, int name, void* value, socklen_t* length) {
  switch (name) {
    case SO_ERROR:
      return GiveInt(std::exchange(stream.error, 0), value, length);
    case SO_TYPE:
      return GiveInt(SOCK_STREAM, value, length);
    case SO_DOMAIN:
      return GiveInt(AF_UNIX, value, length);
    case SO_PROTOCOL:
    case SO_ACCEPTCONN:
    case SO_REUSEADDR:
    case SO_KEEPALIVE:
      return GiveInt(0, value, length);
    case SO_SNDBUF:
      return GiveInt(stream.send_buffer, value, length);
    case SO_RCVBUF:
      return GiveInt(stream.receive_buffer, value, length);
    case SO_RCVTIMEO:
      return GiveTimeout(stream.receive_timeout_ns, value, length);
    case SO_SNDTIMEO:
      return GiveTimeout(stream.send_timeout_ns, value, length);
    case SO_LINGER:
      return GiveLinger(stream, value, length);
    default:
      if (name > kLastSocketOption) return -ENOPROTOOPT;
      AbortUnsimulated("getsockopt", "AF_UNIX SOL_SOCKET option", name);
  }
}

int SetUnixOption(UnixStream& stream, int name, const void* value, socklen_t length) {
  if (name == SO_RCVTIMEO) return TakeTimeout(value, length, &stream.receive_timeout_ns);
  if (name == SO_SNDTIMEO) return TakeTimeout(value, length, &stream.send_timeout_ns);
  if (length < sizeof(int)) return -EINVAL;
  int number;
  std::memcpy(&number, value, sizeof(number));
  switch (name) {
    case SO_SNDBUF:
      stream.send_buffer = SendBufferFor(number);
      return 0;
    case SO_RCVBUF:
      stream.receive_buffer = ReceiveBufferFor(number);
      return 0;
    case SO_REUSEADDR:
    case SO_KEEPALIVE:
      return 0;
    case SO_LINGER:
      return TakeLinger(value, length, stream);
    default:
      if (name > kLastSocketOption) return -ENOPROTOOPT;
      AbortUnsimulated("setsockopt", "AF_UNIX SOL_SOCKET option", name);
  }
}

int GetSocketOption(TcpEndpoint& endpoint, int name, void* value, socklen_t* length) {
  const SocketOptions& options = endpoint.options;
  switch (name) {
    case SO_ERROR:
      return GiveInt(tcp::TakeError(endpoint), value, length);
    case SO_TYPE:
      return GiveInt(SOCK_STREAM, value, length);
    case SO_DOMAIN:
      return GiveInt(Domain(endpoint), value, length);
    case SO_PROTOCOL:
      return GiveInt(IPPROTO_TCP, value, length);
    case SO_ACCEPTCONN:
      return GiveInt(endpoint.state == TcpState::kListen, value, length);
    case SO_REUSEADDR:
      return GiveInt(options.reuse_address, value, length);
    case SO_REUSEPORT:
      return GiveInt(options.reuse_port, value, length);
    case SO_KEEPALIVE:
      return GiveInt(options.keepalive, value, length);
    case SO_OOBINLINE:
      return GiveInt(options.urgent_inline, value, length);
    case SO_SNDBUF:
      return GiveInt(options.send_buffer, value, length);
    case SO_RCVBUF:
      return GiveInt(options.receive_buffer, value, length);
    case SO_RCVLOWAT:
      return GiveInt(options.receive_low_water, value, length);
    case SO_SNDLOWAT:
      return GiveInt(1, value, length);
    case SO_PRIORITY:
      return GiveInt(options.priority, value, length);
    case SO_MARK:
      return GiveInt(options.mark, value, length);
    case SO_BROADCAST:
      return GiveInt(options.broadcast, value, length);
    case SO_DONTROUTE:
      return GiveInt(options.do_not_route, value, length);
    case SO_TIMESTAMP:
      return GiveInt(options.timestamps, value, length);
    case SO_INCOMING_CPU:
      return GiveInt(0, value, length);
    case SO_RCVTIMEO:
      return GiveTimeout(options.receive_timeout_ns, value, length);
    case SO_SNDTIMEO:
      return GiveTimeout(options.send_timeout_ns, value, length);
    case SO_LINGER:
      return GiveLinger(options, value, length);
    default:
      if (name > kLastSocketOption) return -ENOPROTOOPT;
      AbortUnsimulated("getsockopt", "SOL_SOCKET option", name);
  }
}

int SetSocketOption(Kernel& kernel, TcpEndpoint& endpoint, int name, const void* value,
                    socklen_t length) {
  SocketOptions& options = endpoint.options;
  if (length < sizeof(int)) return -EINVAL;
  int number;
  std::memcpy(&number, value, sizeof(number));
  const bool on = number != 0;
  switch (name) {
    case SO_REUSEADDR:
      kernel.ports.SetReuse(endpoint, on);
      return 0;
    case SO_REUSEPORT:
      options.reuse_port = on;
      return 0;
    case SO_KEEPALIVE:
      options.keepalive = on;
      tcp::UpdateKeepalive(kernel, endpoint);
      return 0;
    case SO_OOBINLINE:
      options.urgent_inline = on;
      return 0;
    case SO_SNDBUF:
      options.send_buffer = SendBufferFor(number);
      // sk_stream_write_space wakes whether or not somebody found the buffer full.
      if (tcp::IsWritable(endpoint)) {
        endpoint.no_space = false;
        WakeEndpoint(kernel, endpoint, kWriteSpace);
      }
      return 0;
    case SO_RCVBUF:
      options.receive_buffer = ReceiveBufferFor(number);
      tcp::SetBuffers(endpoint);
      tcp::OpenWindow(kernel, endpoint);
      return 0;
    case SO_RCVLOWAT:
      // tcp_set_rcvlowat: never more than fits.
      options.receive_low_water =
          number < 0 ? INT32_MAX : std::clamp(number, 1, options.receive_buffer / 2);
      if (endpoint.done ||
          (!endpoint.receive.empty() &&
           endpoint.receive.size() >= static_cast<uint32_t>(options.receive_low_water))) {
        WakeEndpoint(kernel, endpoint, kDataReady);
      }
      return 0;
    case SO_PRIORITY:
      options.priority = number;
      return 0;
    case SO_MARK:
      options.mark = number;
      return 0;
    case SO_BROADCAST:
      options.broadcast = on;
      return 0;
    case SO_DONTROUTE:
      options.do_not_route = on;
      return 0;
    case SO_TIMESTAMP:
      options.timestamps = on;
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
    case SO_LINGER:
      return TakeLinger(value, length, options);
    default:
      if (name > kLastSocketOption) return -ENOPROTOOPT;
      AbortUnsimulated("setsockopt", "SOL_SOCKET option", name);
  }
}

}  // namespace

int GetOption(Kernel& kernel, int fd, int level, int name, void* value, socklen_t* length) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if (object->kind != Kind::kTcp && object->kind != Kind::kUnixStream) return -ENOTSOCK;
  if (length == nullptr || (value == nullptr && *length > 0)) return -EFAULT;
  if (static_cast<int>(*length) < 0) return -EINVAL;
  if (object->kind == Kind::kUnixStream) {
    if (level != SOL_SOCKET) return -EOPNOTSUPP;
    return GetUnixOption(static_cast<UnixStream&>(*object), name, value, length);
  }
  TcpEndpoint& endpoint = static_cast<TcpEndpoint&>(*object);
  if (level == SOL_SOCKET) return GetSocketOption(endpoint, name, value, length);
  return GetProtocolOption(endpoint, level, name, value, length);
}

int SetOption(Kernel& kernel, int fd, int level, int name, const void* value, socklen_t length) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  if (object->kind != Kind::kTcp && object->kind != Kind::kUnixStream) return -ENOTSOCK;
  if (static_cast<int>(length) < 0) return -EINVAL;
  if (value == nullptr && length > 0) return -EFAULT;
  if (object->kind == Kind::kUnixStream) {
    if (level != SOL_SOCKET) return -EOPNOTSUPP;
    return SetUnixOption(static_cast<UnixStream&>(*object), name, value, length);
  }
  TcpEndpoint& endpoint = static_cast<TcpEndpoint&>(*object);
  if (level == SOL_SOCKET) {
    return SetSocketOption(kernel, endpoint, name, value, length);
  }
  return SetProtocolOption(kernel, endpoint, level, name, value, length);
}

}  // namespace hupstorm::simulated
