// TCP_INFO (tcp_get_info). What depends on the speed of the network has the values of a quick
// loopback.

#include <linux/tcp.h>

#include <algorithm>
#include <cstring>

#include "base/timespec.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated::tcp {
namespace {

constexpr uint32_t kAdvertisedSegment = 65483;  // MTU 65536 less IP, TCP and timestamps
constexpr uint32_t kFirstWindow = 65483;
constexpr uint32_t kRoundTripUs = 20;
constexpr uint32_t kFirstTimeoutUs = 1'000'000;  // TCP_TIMEOUT_INIT
constexpr uint32_t kTimeoutUs = 200'000;         // TCP_RTO_MIN
constexpr uint32_t kDelayedAckUs = 40'000;       // TCP_ATO_MIN
constexpr uint32_t kFirstCongestionWindow = 10;  // TCP_INIT_CWND
constexpr uint32_t kReordering = 3;
constexpr uint8_t kWindowScale = 7;

// The states of enum in include/net/tcp_states.h in the order of TcpState.
constexpr uint8_t kLinuxStates[] = {
    7,   // TCP_CLOSE
    10,  // TCP_LISTEN
    2,   // TCP_SYN_SENT
    3,   // TCP_SYN_RECV
    1,   // TCP_ESTABLISHED
    4,   // TCP_FIN_WAIT1
    5,   // TCP_FIN_WAIT2
    8,   // TCP_CLOSE_WAIT
    9,   // TCP_LAST_ACK
    11,  // TCP_CLOSING
    6,   // TCP_TIME_WAIT
};

uint32_t MillisecondsSince(const Kernel& kernel, int64_t ns) {
  return static_cast<uint32_t>((kernel.timers.now_ns() - ns) / kMillisecondNs);
}

void AddCounts(const TcpEndpoint& endpoint, tcp_info& info) {
  const uint32_t fin_sent = endpoint.fin_sent ? 1 : 0;
  const uint32_t fin_received = endpoint.done ? 1 : 0;
  const uint32_t sent = endpoint.NextToSend() - std::min(endpoint.lost, endpoint.NextToSend());
  info.tcpi_notsent_bytes = endpoint.send.size();
  info.tcpi_bytes_sent = sent;
  info.tcpi_bytes_acked = sent + fin_sent + (endpoint.passive ? 0 : 1);  // and the SYN
  info.tcpi_bytes_received = endpoint.NextToReceive() + fin_received;
  info.tcpi_data_segs_out = endpoint.segments_out;
  info.tcpi_data_segs_in = endpoint.segments_in;
  // Each segment is acknowledged by one; and the handshake's.
  const uint32_t both = endpoint.segments_out + endpoint.segments_in + fin_sent + fin_received;
  info.tcpi_segs_out = both + (endpoint.passive ? 0 : 2);
  info.tcpi_segs_in = both + (endpoint.passive ? 2 : 1);
  info.tcpi_delivered = endpoint.segments_out + fin_sent + 1;
}

void AddConnection(const TcpEndpoint& endpoint, tcp_info& info) {
  info.tcpi_options = TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE;
  info.tcpi_snd_wscale = info.tcpi_rcv_wscale = kWindowScale;
  info.tcpi_rto = kTimeoutUs;
  if (endpoint.segments_in > 0) info.tcpi_ato = kDelayedAckUs;
  info.tcpi_rcv_mss = 536;
  info.tcpi_pmtu = 65535;
  info.tcpi_rcv_ssthresh = info.tcpi_rcv_space = kFirstWindow;
  info.tcpi_rtt = info.tcpi_min_rtt = kRoundTripUs;
  info.tcpi_rttvar = kRoundTripUs / 2;
  info.tcpi_advmss = kAdvertisedSegment;
  // A quick loopback's: the congestion window in each round trip.
  info.tcpi_pacing_rate =
      uint64_t{kFirstCongestionWindow} * endpoint.segment * (1'000'000 / kRoundTripUs);
  info.tcpi_snd_wnd = kFirstWindow;
  AddCounts(endpoint, info);
}

}  // namespace

void Info(const Kernel& kernel, const TcpEndpoint& endpoint, std::byte (&out)[kInfoSize]) {
  tcp_info info = {};
  info.tcpi_state = kLinuxStates[static_cast<size_t>(endpoint.state)];
  info.tcpi_snd_cwnd = kFirstCongestionWindow;
  info.tcpi_reordering = kReordering;
  info.tcpi_pacing_rate = info.tcpi_max_pacing_rate = UINT64_MAX;
  if (endpoint.listener != nullptr) {
    info.tcpi_unacked = endpoint.listener->accepting_length;
    info.tcpi_sacked = endpoint.listener->backlog;
  } else {
    info.tcpi_delivery_rate_app_limited = 1;
    info.tcpi_snd_mss = endpoint.segment;
    info.tcpi_snd_ssthresh = INT32_MAX;
    info.tcpi_last_data_sent = MillisecondsSince(kernel, endpoint.last_data_sent_ns);
    info.tcpi_last_data_recv = MillisecondsSince(kernel, endpoint.last_data_received_ns);
    info.tcpi_last_ack_recv =
        MillisecondsSince(kernel, std::max(endpoint.last_received_ns, endpoint.last_data_sent_ns));
    if (endpoint.was_connected) {
      AddConnection(endpoint, info);
    } else {
      info.tcpi_rto = kFirstTimeoutUs;
      info.tcpi_rttvar = kFirstTimeoutUs / 4;
      info.tcpi_min_rtt = UINT32_MAX;
    }
  }
  static_assert(sizeof(info) <= kInfoSize);
  std::memset(out, 0, kInfoSize);  // Linux's own has grown beyond what headers know
  std::memcpy(out, &info, sizeof(info));
}

}  // namespace hupstorm::simulated::tcp
