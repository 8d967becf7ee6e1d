// What a TCP socket looks like from outside: readiness, counts, names of states.

#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated::tcp {

uint32_t PollMask(TcpEndpoint& endpoint) {
  if (endpoint.state == TcpState::kListen) {
    return endpoint.listener->accepting.empty() ? 0 : kReadable;
  }
  uint32_t mask = 0;
  if (endpoint.shutdown == kBothShutdown || endpoint.state == TcpState::kClosed) mask |= EPOLLHUP;
  if ((endpoint.shutdown & kReceiveShutdown) != 0) mask |= kReadable | EPOLLRDHUP;
  if (endpoint.state != TcpState::kSynSent && endpoint.state != TcpState::kSynRecv) {
    uint32_t target = static_cast<uint32_t>(endpoint.options.receive_low_water);
    if (endpoint.urgent != Urgent::kNone && endpoint.urgent_sequence == endpoint.read_sequence &&
        !endpoint.options.urgent_inline) {
      ++target;
    }
    const uint32_t unread = endpoint.receive.size();
    if (unread > 0 && (unread >= target || unread >= endpoint.receive_capacity)) {
      mask |= kReadable;
    }
    if ((endpoint.shutdown & kSendShutdown) != 0 || IsWritable(endpoint)) {
      mask |= kWritable;
    } else {
      endpoint.no_space = true;
    }
    if (endpoint.urgent == Urgent::kValid) mask |= EPOLLPRI;
  }
  if (endpoint.error != 0) mask |= EPOLLERR;
  return mask;
}

size_t UnreadForIoctl(const TcpEndpoint& endpoint) {
  if (endpoint.state == TcpState::kSynSent || endpoint.state == TcpState::kSynRecv) return 0;
  const uint32_t until_urgent = endpoint.urgent_sequence - endpoint.read_sequence;
  if (endpoint.options.urgent_inline || endpoint.urgent == Urgent::kNone ||
      static_cast<int32_t>(until_urgent) < 0 || until_urgent >= endpoint.receive.size()) {
    return endpoint.receive.size();
  }
  return until_urgent;
}

TcpState ReportedState(const TcpEndpoint& endpoint) {
  return endpoint.in_time_wait ? TcpState::kTimeWait : endpoint.state;
}

}  // namespace hupstorm::simulated::tcp
