// The clocks of TCP that a server can notice: a connect that gets no answer, data that nothing
// acknowledges, keepalive, TCP_DEFER_ACCEPT (net/ipv4/tcp_timer.c).

#include <errno.h>

#include <algorithm>

#include "base/timespec.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated::tcp {
namespace {

// tcp_retries2 15: the last of the retransmissions, which double from 200 ms up to 120 s each.
constexpr int64_t kRetransmissionNs = 924'600 * kMillisecondNs;
// tcp_orphan_retries 8: the same for a socket that its owner has closed.
constexpr int64_t kOrphanNs = 102'200 * kMillisecondNs;

bool HasUnacknowledged(const TcpEndpoint& endpoint) {
  return !endpoint.send.empty() || (endpoint.fin_wanted && !endpoint.fin_sent);
}

}  // namespace

void ArmTimer(Kernel& kernel, TcpEndpoint& endpoint, int64_t due_ns) {
  if (endpoint.timer == nullptr) {
    endpoint.timer = kernel.tcp_timers.New();
    endpoint.timer->owner = &endpoint;
  }
  kernel.timers.Arm(*endpoint.timer, due_ns);
}

void DisarmTimer(Kernel& kernel, TcpEndpoint& endpoint) {
  if (endpoint.timer == nullptr) return;
  kernel.timers.Disarm(*endpoint.timer);
  kernel.tcp_timers.Delete(endpoint.timer);
  endpoint.timer = nullptr;
  endpoint.holds_part = false;
}

void OnTimer(Kernel& kernel, TcpEndpoint& endpoint) {
  switch (endpoint.state) {
    case TcpState::kSynSent:
      RetryConnect(kernel, endpoint);
      break;
    case TcpState::kSynRecv:
      EndDeferral(kernel, endpoint);
      break;
    case TcpState::kClosed:
    case TcpState::kListen:
      break;
    default:
      if (endpoint.holds_part) {
        DisarmTimer(kernel, endpoint);
        Transmit(kernel, endpoint, true);
      } else {
        FailWith(kernel, endpoint, ETIMEDOUT);
      }
      break;
  }
}

void AwaitAcknowledgment(Kernel& kernel, TcpEndpoint& endpoint) {
  int64_t wait = kRetransmissionNs;
  if (endpoint.options.user_timeout_ms > 0) {
    wait = endpoint.options.user_timeout_ms * kMillisecondNs;
  } else if (endpoint.orphan) {
    wait = kOrphanNs;
  }
  const int64_t due = kernel.timers.now_ns() + wait;
  // The first byte that is not acknowledged sets the time; later ones do not put it off.
  if (endpoint.awaits_acknowledgment && endpoint.timer != nullptr) {
    if (due >= endpoint.timer->due_ns) return;
  }
  endpoint.awaits_acknowledgment = true;
  ArmTimer(kernel, endpoint, due);
}

void LoseRemote(Kernel& kernel, TcpEndpoint& endpoint) {
  endpoint.remote->remote = nullptr;
  endpoint.remote = nullptr;
  endpoint.unanswered = true;
  if (endpoint.options.keepalive) {
    // The probes sent so far were answered, one each time the connection had been idle.
    const int64_t idle = endpoint.options.keepalive_idle_s * kSecondNs;
    const int64_t quiet = kernel.timers.now_ns() - endpoint.last_received_ns;
    endpoint.last_received_ns += quiet / idle * idle;
  }
  Transmit(kernel, endpoint);
  UpdateKeepalive(kernel, endpoint);
}

void UpdateKeepalive(Kernel& kernel, TcpEndpoint& endpoint) {
  if (!endpoint.unanswered || HasUnacknowledged(endpoint)) return;
  if (!endpoint.options.keepalive || endpoint.state == TcpState::kClosed) {
    DisarmTimer(kernel, endpoint);
    return;
  }
  const int64_t idle = endpoint.options.keepalive_idle_s * kSecondNs;
  const int64_t probes = endpoint.options.user_timeout_ms > 0
                             ? endpoint.options.user_timeout_ms * kMillisecondNs
                             : int64_t{endpoint.options.keepalive_count} *
                                   endpoint.options.keepalive_interval_s * kSecondNs;
  const int64_t due = endpoint.last_received_ns + idle + probes;
  ArmTimer(kernel, endpoint, std::max(due, kernel.timers.now_ns()));
}

}  // namespace hupstorm::simulated::tcp
