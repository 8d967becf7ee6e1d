// What is left of a connection that is over for its owner: TIME-WAIT, and FIN-WAIT-2 without an
// owner (net/ipv4/tcp_minisocks.c).

#include "base/timespec.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated::tcp {
namespace {

constexpr int64_t kTimeWaitNs = 60 * kSecondNs;  // TCP_TIMEWAIT_LEN

// Puts it among those that rest, the first to end first.
void Rest(Kernel& kernel, TcpEndpoint& endpoint, int64_t duration_ns) {
  if (IsResting(endpoint)) kernel.resting.Remove(&endpoint);
  endpoint.rest_until_ns = kernel.timers.now_ns() + duration_ns;
  TcpEndpoint* before = kernel.resting.last();
  while (before != nullptr && before->rest_until_ns > endpoint.rest_until_ns) {
    before = EndpointQueue::Previous(before);
  }
  kernel.resting.InsertAfter(before, &endpoint);
}

}  // namespace

void StopResting(Kernel& kernel, TcpEndpoint& endpoint) {
  if (IsResting(endpoint)) kernel.resting.Remove(&endpoint);
  endpoint.in_time_wait = false;
}

void RestInFinWait2(Kernel& kernel, TcpEndpoint& endpoint) {
  if (endpoint.options.fin_timeout_s < 0) {
    SendReset(kernel, endpoint);
    Finish(kernel, endpoint);
  } else {
    Rest(kernel, endpoint, FinTimeout(endpoint.options) * kSecondNs);
  }
}

bool IsResting(const TcpEndpoint& endpoint) {
  return endpoint.queued_at == nullptr && EndpointQueue::IsLinked(&endpoint);
}

void EndRest(Kernel& kernel, TcpEndpoint& endpoint) {
  StopResting(kernel, endpoint);
  if (endpoint.state != TcpState::kClosed) {
    Finish(kernel, endpoint);
  } else if (!endpoint.bound_by_user) {
    kernel.ports.Release(endpoint);
  }
  FreeIfDead(kernel, endpoint);
}

void EndRests(Kernel& kernel) {
  while (TcpEndpoint* endpoint = kernel.resting.first()) {
    if (endpoint->rest_until_ns > kernel.timers.now_ns()) return;
    EndRest(kernel, *endpoint);
  }
}

void EnterTimeWait(Kernel& kernel, TcpEndpoint& endpoint) {
  endpoint.in_time_wait = true;
  Finish(kernel, endpoint);
  Rest(kernel, endpoint, kTimeWaitNs);
}

}  // namespace hupstorm::simulated::tcp
