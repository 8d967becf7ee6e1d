// The options of TCP and IP.

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "kernel/simulated/socket_options.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated {
namespace {

constexpr int kLoopbackSegment = 65483;  // MTU 65536 less IP, TCP and timestamps
constexpr int kMostSynCount = 127;

// The last option of each level that Linux has: see kLastSocketOption.
constexpr int kLastTcpOption = 50;
constexpr int kMostFastOpen = 4096;  // net.core.somaxconn
constexpr int kLastIpOption = 60;
constexpr int kLastIpv6Option = 100;

// ---- IPPROTO_TCP.

// The states of enum in include/net/tcp_states.h, which tcpi_state shows, in the order of TcpState.
constexpr uint8_t kLinuxStates[] = {
    TCP_CLOSE,     TCP_LISTEN,     TCP_SYN_SENT, TCP_SYN_RECV, TCP_ESTABLISHED, TCP_FIN_WAIT1,
    TCP_FIN_WAIT2, TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_CLOSING,  TCP_TIME_WAIT,
};

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

int GetTcpOption(const TcpEndpoint& endpoint, int name, void* value, socklen_t* length) {
  const SocketOptions& options = endpoint.options;
  switch (name) {
    case TCP_DEFER_ACCEPT:
      return GiveInt(options.defer_accept_s, value, length);
    case TCP_FASTOPEN:
      return GiveInt(options.fast_open_queue, value, length);
    case TCP_SYNCNT:
      return GiveInt(options.syn_count != 0 ? options.syn_count : 6, value, length);
    case TCP_MAXSEG:
      return GiveInt(options.max_segment != 0 ? options.max_segment
                     : endpoint.was_connected ? kLoopbackSegment
                                              : 536,
                     value, length);
    case TCP_INFO: {
      tcp_info info{};
      info.tcpi_state = kLinuxStates[static_cast<size_t>(endpoint.state)];
      info.tcpi_snd_mss = info.tcpi_rcv_mss = kLoopbackSegment;
      info.tcpi_unacked = endpoint.listener != nullptr ? endpoint.listener->accepting_length : 0;
      info.tcpi_sacked = endpoint.listener != nullptr ? endpoint.listener->backlog : 0;
      return Give(&info, sizeof(info), value, length);
    }
    default:
      if (name > kLastTcpOption) return -ENOPROTOOPT;
      AbortUnsimulated("getsockopt", "IPPROTO_TCP option", name);
  }
}

int SetTcpOption(TcpEndpoint& endpoint, int name, int number) {
  SocketOptions& options = endpoint.options;
  switch (name) {
    case TCP_DEFER_ACCEPT:
      options.defer_accept_s = DeferSeconds(number);
      return 0;
    case TCP_SYNCNT:
      if (number < 1 || number > kMostSynCount) return -EINVAL;
      options.syn_count = number;
      return 0;
    case TCP_MAXSEG:
      if (number != 0 && (number < 88 || number > 32767)) return -EINVAL;
      options.max_segment = number;
      return 0;
    // Clients do not send data with their SYN, so that the queue for those stays empty.
    case TCP_FASTOPEN:
      if (number < 0 ||
          (endpoint.state != TcpState::kClosed && endpoint.state != TcpState::kListen)) {
        return -EINVAL;
      }
      options.fast_open_queue = std::min(number, kMostFastOpen);
      return 0;
    default:
      if (name > kLastTcpOption) return -ENOPROTOOPT;
      AbortUnsimulated("setsockopt", "IPPROTO_TCP option", name);
  }
}

// ---- IPPROTO_IP and IPPROTO_IPV6.

int GetIpOption(const TcpEndpoint& endpoint, int level, int name, void* value, socklen_t* length) {
  const SocketOptions& options = endpoint.options;
  if (level == IPPROTO_IPV6) {
    if (!endpoint.v6) return -ENOPROTOOPT;
    switch (name) {
      case IPV6_V6ONLY:
        return GiveInt(options.v6_only, value, length);
      case IPV6_TCLASS:
        return GiveInt(options.type_of_service, value, length);
      case IPV6_UNICAST_HOPS:
        return GiveInt(options.time_to_live >= 0 ? options.time_to_live : 64, value, length);
      default:
        if (name > kLastIpv6Option) return -ENOPROTOOPT;
        AbortUnsimulated("getsockopt", "IPPROTO_IPV6 option", name);
    }
  }
  switch (name) {
    case IP_TOS:
      return GiveInt(options.type_of_service, value, length);
    case IP_TTL:
      return GiveInt(options.time_to_live > 0 ? options.time_to_live : 64, value, length);
    default:
      if (name > kLastIpOption) return -ENOPROTOOPT;
      AbortUnsimulated("getsockopt", "IPPROTO_IP option", name);
  }
}

int SetIpOption(TcpEndpoint& endpoint, int level, int name, int number) {
  SocketOptions& options = endpoint.options;
  if (level == IPPROTO_IPV6) {
    if (!endpoint.v6) return -ENOPROTOOPT;
    switch (name) {
      case IPV6_V6ONLY:
        if (endpoint.port != nullptr) return -EINVAL;
        options.v6_only = number != 0;
        return 0;
      case IPV6_TCLASS:
        if (number < -1 || number > 255) return -EINVAL;
        options.type_of_service = std::max(number, 0);
        return 0;
      case IPV6_UNICAST_HOPS:
        if (number < -1 || number > 255) return -EINVAL;
        options.time_to_live = number;
        return 0;
      default:
        if (name > kLastIpv6Option) return -ENOPROTOOPT;
        AbortUnsimulated("setsockopt", "IPPROTO_IPV6 option", name);
    }
  }
  switch (name) {
    case IP_TOS:
      options.type_of_service = number & 0xff & ~3;  // the ECN bits are TCP's own
      return 0;
    case IP_TTL:
      if (number != -1 && (number < 1 || number > 255)) return -EINVAL;
      options.time_to_live = number;
      return 0;
    case IP_BIND_ADDRESS_NO_PORT:
    case IP_FREEBIND:
    case IP_MTU_DISCOVER:
    case IP_RECVERR:
      return 0;
    default:
      if (name > kLastIpOption) return -ENOPROTOOPT;
      AbortUnsimulated("setsockopt", "IPPROTO_IP option", name);
  }
}

}  // namespace

int GetProtocolOption(const TcpEndpoint& endpoint, int level, int name, void* value,
                      socklen_t* length) {
  switch (level) {
    case IPPROTO_TCP:
      return GetTcpOption(endpoint, name, value, length);
    case IPPROTO_IP:
    case IPPROTO_IPV6:
      return GetIpOption(endpoint, level, name, value, length);
    default:
      return -EOPNOTSUPP;
  }
}

int SetProtocolOption(TcpEndpoint& endpoint, int level, int name, const void* value,
                      socklen_t length) {
  if (level != IPPROTO_TCP && level != IPPROTO_IP && level != IPPROTO_IPV6) return -ENOPROTOOPT;
  // IP options may be a single byte too.
  int number = 0;
  if (length >= sizeof(int)) {
    std::memcpy(&number, value, sizeof(number));
  } else if (length >= 1 && level == IPPROTO_IP) {
    number = *static_cast<const unsigned char*>(value);
  } else {
    return -EINVAL;
  }
  if (level == IPPROTO_TCP) return SetTcpOption(endpoint, name, number);
  return SetIpOption(endpoint, level, name, number);
}

}  // namespace hupstorm::simulated
