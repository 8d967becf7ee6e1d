// The options of TCP and IP.

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "kernel/simulated/socket_options.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated {
namespace {

constexpr int kMostSynCount = 127;
constexpr int kLeastSegment = 88;         // TCP_MIN_MSS
constexpr int kMostSegment = 32767;       // MAX_TCP_WINDOW
constexpr int kLeastWindow = 1152;        // half of SOCK_MIN_RCVBUF
constexpr int kFirstWindow = 65536;       // TCP_WINDOW_CLAMP of a connection over loopback
constexpr int kLongestFinTimeoutS = 120;  // TCP_FIN_TIMEOUT_MAX
constexpr int kLoopbackMtu = 65535;       // as IP_MTU tells it to a connection

// The last option of each level that Linux has: see kLastSocketOption.
constexpr int kLastTcpOption = 46;
constexpr int kMostFastOpen = 4096;  // net.core.somaxconn
constexpr int kLastIpOption = 60;
constexpr int kLastIpv6Option = 100;

// ---- IPPROTO_TCP.

// Of Linux 6.x; older headers do not name it.
constexpr int kTcpIsMptcp = 43;

// Those that Linux has: one of them that the simulation has not aborts.
bool HasTcpOption(int name) {
  static constexpr int kNoOptions[] = {15, 22, 32};
  return name > 0 && name <= kLastTcpOption &&
         std::find(std::begin(kNoOptions), std::end(kNoOptions), name) == std::end(kNoOptions);
}

constexpr size_t kCongestionName = sizeof(KeptValues::congestion_control);  // TCP_CA_NAME_MAX
constexpr int kIpLocalPortRange = 51;

// secs_to_retrans and back: Linux counts in SYN-ACKs that are sent again, after one second at first
// and then after twice as long each time, up to two minutes.
int DeferSeconds(int wanted) {
  if (wanted <= 0) return 0;
  int seconds = 1;
  int timeout = 1;
  for (int count = 1; seconds < wanted && count < UINT8_MAX; ++count) {
    timeout = std::min(timeout * 2, 120);
    seconds += timeout;
  }
  return seconds;
}

// Which algorithms there are, and which one a socket begins with, is a matter of the machine: a
// socket of Linux's own is asked. Sets `name` to what it has after `wanted` was set, if that is not
// null. Returns 0 or a negative errno.
int AskForCongestionControl(Kernel& kernel, const char* wanted, char (&name)[kCongestionName]) {
  const int fd = Invoke<Call::kSocket>(kernel.host, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int result = 0;
  if (wanted != nullptr) {
    const socklen_t length = static_cast<socklen_t>(strnlen(wanted, kCongestionName));
    result =
        Invoke<Call::kSetsockopt>(kernel.host, fd, IPPROTO_TCP, TCP_CONGESTION, wanted, length);
  }
  socklen_t length = kCongestionName;
  if (result == 0) {
    result = Invoke<Call::kGetsockopt>(kernel.host, fd, IPPROTO_TCP, TCP_CONGESTION, name, &length);
  }
  const int error = errno;
  Invoke<Call::kClose>(kernel.host, fd);
  return result == 0 ? 0 : -error;
}

int GetTcpOption(Kernel& kernel, const TcpEndpoint& endpoint, int name, void* value,
                 socklen_t* length) {
  const SocketOptions& options = endpoint.options;
  const bool is_unconnected =
      endpoint.state == TcpState::kClosed || endpoint.state == TcpState::kListen;
  switch (name) {
    case TCP_DEFER_ACCEPT:
      return GiveInt(options.defer_accept_s, value, length);
    case TCP_FASTOPEN:
      return GiveInt(options.fast_open_queue, value, length);
    case TCP_FASTOPEN_CONNECT:
      return GiveInt(options.fast_open_connect, value, length);
    case TCP_FASTOPEN_NO_COOKIE:
      return GiveInt(options.fast_open_no_cookie, value, length);
    case TCP_SYNCNT:
      return GiveInt(options.syn_count != 0 ? options.syn_count : 6, value, length);
    case TCP_MAXSEG:
      return GiveInt(
          is_unconnected && options.max_segment != 0 ? options.max_segment : endpoint.segment,
          value, length);
    case TCP_LINGER2:
      return GiveInt(options.fin_timeout_s < 0 ? -1 : static_cast<int>(FinTimeout(options)), value,
                     length);
    case TCP_WINDOW_CLAMP:
      return GiveInt(
          options.window_clamp != 0 || is_unconnected ? options.window_clamp : kFirstWindow, value,
          length);
    case TCP_NOTSENT_LOWAT:
      return GiveInt(static_cast<int>(options.not_sent_low_water), value, length);
    case TCP_NODELAY:
      return GiveInt(options.no_delay, value, length);
    case TCP_CORK:
      return GiveInt(options.cork, value, length);
    case TCP_QUICKACK:
      return GiveInt(options.quick_ack, value, length);
    case kTcpIsMptcp:
      return GiveInt(0, value, length);
    case TCP_SAVED_SYN:
    case TCP_ULP:
    case TCP_FASTOPEN_KEY:
      *length = 0;
      return 0;
    case TCP_CONGESTION: {
      char congestion[kCongestionName] = {};
      if (endpoint.kept != nullptr && endpoint.kept->congestion_control[0] != 0) {
        std::memcpy(congestion, endpoint.kept->congestion_control, sizeof(congestion));
      } else if (const int refused = AskForCongestionControl(kernel, nullptr, congestion);
                 refused != 0) {
        return refused;
      }
      return Give(congestion, sizeof(congestion), value, length);
    }
    case TCP_INFO: {
      std::byte info[tcp::kInfoSize];
      tcp::Info(kernel, endpoint, info);
      return Give(info, sizeof(info), value, length);
    }
    default:
      if (!HasTcpOption(name)) return -ENOPROTOOPT;
      return RefuseUnsimulated(ENOPROTOOPT, "getsockopt", "IPPROTO_TCP option", name);
  }
}

// tcp_set_congestion_control, of what the program gave: no more than 15 bytes count.
int SetCongestionControl(Kernel& kernel, TcpEndpoint& endpoint, const void* value,
                         socklen_t length) {
  if (length < 1) return -EINVAL;
  char wanted[kCongestionName] = {};
  std::memcpy(wanted, value, std::min<size_t>(length, sizeof(wanted) - 1));
  char name[kCongestionName] = {};
  const int result = AskForCongestionControl(kernel, wanted, name);
  if (result != 0) return result;
  std::memcpy(KeptOf(kernel, endpoint).congestion_control, name, sizeof(name));
  return 0;
}

int SetTcpOption(Kernel& kernel, TcpEndpoint& endpoint, int name, int number) {
  SocketOptions& options = endpoint.options;
  const bool is_fresh = endpoint.state == TcpState::kClosed;
  const bool is_unconnected = is_fresh || endpoint.state == TcpState::kListen;
  switch (name) {
    case TCP_DEFER_ACCEPT:
      options.defer_accept_s = DeferSeconds(number);
      return 0;
    case TCP_NODELAY:
      options.no_delay = number != 0;
      // What is queued goes, even if the socket is corked.
      if (options.no_delay) tcp::Transmit(kernel, endpoint, true);
      return 0;
    case TCP_CORK:
      options.cork = number != 0;
      if (!options.cork) tcp::Transmit(kernel, endpoint, true);
      return 0;
    case TCP_QUICKACK:
      options.quick_ack = number != 0;
      return 0;
    case TCP_NOTSENT_LOWAT:
      options.not_sent_low_water = static_cast<uint32_t>(number);
      tcp::WakeIfWritable(kernel, endpoint);
      return 0;
    case TCP_LINGER2:
      options.fin_timeout_s = std::clamp(number, -1, kLongestFinTimeoutS);
      return 0;
    case TCP_WINDOW_CLAMP:
      if (number == 0 && !is_fresh) return -EINVAL;
      // Linux compares it as an unsigned number but for its sign.
      options.window_clamp = number == 0 ? 0 : std::max(number, kLeastWindow);
      return 0;
    case TCP_SYNCNT:
      if (number < 1 || number > kMostSynCount) return -EINVAL;
      options.syn_count = number;
      return 0;
    case TCP_MAXSEG:
      if (number != 0 && (number < kLeastSegment || number > kMostSegment)) return -EINVAL;
      options.max_segment = number;
      return 0;
    // Clients do not send data with their SYN, so that the queue for those stays empty.
    case TCP_FASTOPEN:
      if (number < 0 || !is_unconnected) return -EINVAL;
      options.fast_open_queue = std::min(number, kMostFastOpen);
      return 0;
    case TCP_FASTOPEN_CONNECT:
      if (number < 0 || number > 1 || !is_fresh) return -EINVAL;
      options.fast_open_connect = number != 0;
      return 0;
    case TCP_FASTOPEN_NO_COOKIE:
      if (number < 0 || number > 1 || !is_unconnected) return -EINVAL;
      options.fast_open_no_cookie = number != 0;
      return 0;
    case TCP_INFO:
    case TCP_SAVED_SYN:
    case TCP_CC_INFO:
    case kTcpIsMptcp:
      return -ENOPROTOOPT;
    case TCP_MD5SIG_EXT:
      return -EINVAL;
    default:
      if (!HasTcpOption(name)) return -ENOPROTOOPT;
      return RefuseUnsimulated(ENOPROTOOPT, "setsockopt", "IPPROTO_TCP option", name);
  }
}

// ---- IPPROTO_IP and IPPROTO_IPV6.

int GiveTimeToLive(int number, void* value, socklen_t* length) {
  constexpr int kDefault = 64;
  return GiveInt(number >= 0 ? number : kDefault, value, length);
}

// ip_getsockopt gives one byte if there is no room for four, and one is enough.
int GiveIpInt(int number, void* value, socklen_t* length) {
  if (*length == 0 || *length >= sizeof(number) || number < 0 || number > UINT8_MAX) {
    return GiveInt(number, value, length);
  }
  const auto byte = static_cast<unsigned char>(number);
  return Give(&byte, sizeof(byte), value, length);
}

int GetIpOption(const TcpEndpoint& endpoint, int level, int name, void* value, socklen_t* length) {
  const SocketOptions& options = endpoint.options;
  const bool is_connected =
      endpoint.state != TcpState::kClosed && endpoint.state != TcpState::kListen;
  if (level == IPPROTO_IPV6) {
    if (!endpoint.v6) return -EOPNOTSUPP;
    switch (name) {
      case IPV6_V6ONLY:
        return GiveInt(options.v6_only, value, length);
      case IPV6_UNICAST_HOPS:
        return GiveTimeToLive(options.hop_limit, value, length);
      case IPV6_MTU:
        return is_connected ? GiveInt(kLoopbackMtu, value, length) : -ENOTCONN;
      default:
        if (name < 1 || name > kLastIpv6Option) return -ENOPROTOOPT;
        return RefuseUnsimulated(ENOPROTOOPT, "getsockopt", "IPPROTO_IPV6 option", name);
    }
  }
  switch (name) {
    case IP_TOS:
      return GiveIpInt(options.type_of_service, value, length);
    case IP_TTL:
      return GiveIpInt(options.time_to_live >= 0 ? options.time_to_live : 64, value, length);
    case IP_MTU:
      return is_connected ? GiveInt(kLoopbackMtu, value, length) : -ENOTCONN;
    case IP_OPTIONS:
      *length = 0;
      return 0;
    case kIpLocalPortRange:
      return GiveInt(options.last_local_port << 16 | options.first_local_port, value, length);
    default:
      if (name < 1 || name > kLastIpOption) return -ENOPROTOOPT;
      return RefuseUnsimulated(ENOPROTOOPT, "getsockopt", "IPPROTO_IP option", name);
  }
}

int SetIpOption(TcpEndpoint& endpoint, int level, int name, int number, socklen_t length) {
  SocketOptions& options = endpoint.options;
  if (level == IPPROTO_IPV6) {
    if (!endpoint.v6) return -ENOPROTOOPT;
    switch (name) {
      case IPV6_V6ONLY:
        if (length < sizeof(int) || endpoint.port != nullptr) return -EINVAL;
        options.v6_only = number != 0;
        return 0;
      case IPV6_UNICAST_HOPS:
        if (length < sizeof(int) || number < -1 || number > 255) return -EINVAL;
        options.hop_limit = number;
        return 0;
      default:
        if (name < 1 || name > kLastIpv6Option) return -ENOPROTOOPT;
        return RefuseUnsimulated(ENOPROTOOPT, "setsockopt", "IPPROTO_IPV6 option", name);
    }
  }
  switch (name) {
    case IP_TOS:
      options.type_of_service = number & 0xff & ~3;  // the ECN bits are TCP's own
      return 0;
    case IP_TTL:
      if (length < 1 || (number != -1 && (number < 1 || number > 255))) return -EINVAL;
      options.time_to_live = number;
      return 0;
    case IP_MTU:
      return -ENOPROTOOPT;
    case kIpLocalPortRange: {
      const auto first = static_cast<uint16_t>(number);
      const auto last = static_cast<uint16_t>(static_cast<uint32_t>(number) >> 16);
      if (length != sizeof(int) || (first != 0 && last != 0 && first > last)) return -EINVAL;
      options.first_local_port = first;
      options.last_local_port = last;
      return 0;
    }
    default:
      if (name < 1 || name > kLastIpOption) return -ENOPROTOOPT;
      return RefuseUnsimulated(ENOPROTOOPT, "setsockopt", "IPPROTO_IP option", name);
  }
}

}  // namespace

int GetProtocolOption(Kernel& kernel, const TcpEndpoint& endpoint, int level, int name, void* value,
                      socklen_t* length) {
  const KeptOption* const kept = FindKept(level, name);
  if (kept != nullptr && (level != IPPROTO_IPV6 || endpoint.v6)) {
    const int number = GetKept(endpoint, *kept);
    return level == IPPROTO_IP ? GiveIpInt(number, value, length) : GiveInt(number, value, length);
  }
  switch (level) {
    case IPPROTO_TCP:
      return GetTcpOption(kernel, endpoint, name, value, length);
    case IPPROTO_IP:
    case IPPROTO_IPV6:
      return GetIpOption(endpoint, level, name, value, length);
    default:
      return -EOPNOTSUPP;
  }
}

int SetProtocolOption(Kernel& kernel, TcpEndpoint& endpoint, int level, int name, const void* value,
                      socklen_t length) {
  if (level != IPPROTO_TCP && level != IPPROTO_IP && level != IPPROTO_IPV6) return -ENOPROTOOPT;
  if (level == IPPROTO_TCP && name == TCP_CONGESTION) {
    return SetCongestionControl(kernel, endpoint, value, length);
  }
  if (level == IPPROTO_TCP && name == TCP_ULP) return length < 1 ? -EINVAL : -ENOENT;
  const KeptOption* const kept = FindKept(level, name);
  if (kept != nullptr && (level != IPPROTO_IPV6 || endpoint.v6)) {
    return SetKept(kernel, endpoint, *kept, value, length);
  }
  // IP options may be a single byte, and most of them nothing at all.
  int number = 0;
  if (length >= sizeof(int)) {
    std::memcpy(&number, value, sizeof(number));
  } else if (level == IPPROTO_IP) {
    if (length >= 1) number = *static_cast<const unsigned char*>(value);
  } else if (level == IPPROTO_TCP) {
    return -EINVAL;
  }
  if (level == IPPROTO_TCP) return SetTcpOption(kernel, endpoint, name, number);
  return SetIpOption(endpoint, level, name, number, length);
}

}  // namespace hupstorm::simulated
