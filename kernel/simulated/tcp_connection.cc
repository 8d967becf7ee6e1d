// How TCP connections come to be: listeners, accept queues, the handshake.

#include <errno.h>

#include <algorithm>
#include <climits>

#include "base/timespec.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated::tcp {
namespace {

constexpr uint32_t kMostBacklog = 4096;  // net.core.somaxconn
// A SYN is sent again after one second five times (tcp_syn_linear_timeouts and one more), then
// after twice as long each time (tcp_syn_retries); 67 s after the first the connect fails.
constexpr int kLinearSynTries = 5;
constexpr int kMostSynTries = 10;
constexpr int64_t kConnectTimeoutNs = 67 * kSecondNs;

int64_t SynWaitNs(int tries) {
  return tries < kLinearSynTries ? kSecondNs : kSecondNs << (tries - kLinearSynTries + 1);
}

bool HandshakeIsOpen(const TcpEndpoint& endpoint) {
  return endpoint.state == TcpState::kSynSent || endpoint.state == TcpState::kSynRecv;
}

void JoinAcceptQueue(Kernel& kernel, TcpEndpoint& listener, TcpEndpoint& child) {
  child.queued_at = &listener;
  listener.listener->accepting.PushBack(&child);
  ++listener.listener->accepting_length;
  ++kernel.accept_queue_length;
}

void StartClocks(const Kernel& kernel, TcpEndpoint& endpoint) {
  endpoint.last_received_ns = kernel.timers.now_ns();
  endpoint.last_data_received_ns = endpoint.last_data_sent_ns = endpoint.last_received_ns;
}

// How long their segments are: half of the first window, unless one of them wants less
// (TCP_MAXSEG).
void AgreeOnSegments(TcpEndpoint& client, TcpEndpoint& server) {
  constexpr int kOfClient = 32741;
  constexpr int kOfServer = 32768;
  constexpr int kTimestamps = 12;  // bytes of each segment
  int wanted = INT_MAX;
  for (const TcpEndpoint* const end : {&client, &server}) {
    if (end->options.max_segment != 0) wanted = std::min(wanted, end->options.max_segment);
  }
  const bool is_free = wanted == INT_MAX;
  server.segment =
      static_cast<uint16_t>(is_free ? kOfServer : std::min(wanted - kTimestamps, kOfServer));
  client.segment =
      static_cast<uint16_t>(is_free ? kOfClient : std::min(wanted - kTimestamps, kOfClient));
}

// The listener takes the SYN, and the handshake runs to its end: there is no delay.
void Establish(Kernel& kernel, TcpEndpoint& listener, TcpEndpoint& client) {
  TcpEndpoint& child = *kernel.endpoints.New();
  child.options = listener.options;
  child.options.defer_accept_s = child.options.fast_open_queue = 0;  // a listener's own
  if (kernel.accepted_send_buffer > 0) child.options.send_buffer = kernel.accepted_send_buffer;
  if (kernel.accepted_receive_buffer > 0) {
    child.options.receive_buffer = kernel.accepted_receive_buffer;
  }
  child.v6 = listener.v6;
  child.local = client.remote_address;
  child.remote_address = client.local;
  child.passive = true;
  AgreeOnSegments(client, child);
  InheritKept(kernel, listener, child);
  child.state = TcpState::kEstablished;
  child.socket_state = SocketState::kConnected;
  child.was_connected = true;
  StartClocks(kernel, child);
  SetBuffers(child);
  kernel.ports.AddAccepted(child, listener.port);
  child.remote = &client;
  client.remote = &child;
  client.state = TcpState::kEstablished;
  client.was_connected = true;
  StartClocks(kernel, client);
  DisarmTimer(kernel, client);
  if (client.is_peer) {
    child.peer = client.peer;
    Peer& peer = kernel.peers[static_cast<size_t>(client.peer)];
    peer.server = &child;
    peer.connected = true;
  }
  if (listener.options.defer_accept_s > 0) {
    child.state = TcpState::kSynRecv;
    child.queued_at = &listener;
    listener.listener->deferred.PushBack(&child);
    ArmTimer(kernel, child, kernel.timers.now_ns() + listener.options.defer_accept_s * kSecondNs);
    WakeEndpoint(kernel, client, 0, true);
    return;
  }
  JoinAcceptQueue(kernel, listener, child);
  WakeEndpoint(kernel, client, 0, true);
  WakeEndpoint(kernel, listener, kDataReady);
}

// The SYN comes back to the socket that sent it, which takes it for the other side's: a
// simultaneous open (tcp_rcv_synsent_state_process).
void EstablishWithSelf(Kernel& kernel, TcpEndpoint& endpoint) {
  endpoint.remote = &endpoint;
  endpoint.state = TcpState::kEstablished;
  endpoint.was_connected = true;
  AgreeOnSegments(endpoint, endpoint);
  StartClocks(kernel, endpoint);
  WakeEndpoint(kernel, endpoint, 0, true);
}

// Where a connect goes (tcp_v4_connect, tcp_v6_connect). Returns 0 or a negative errno.
int ReadRemote(const TcpEndpoint& endpoint, const sockaddr* address, socklen_t length,
               Address* remote) {
  const int parsed = ParseAddress(endpoint.family(), address, length, remote);
  if (parsed == -EADDRNOTAVAIL) return -ENETUNREACH;
  if (parsed != 0) return parsed;
  const bool bound_to_v4 = endpoint.v6 && !endpoint.local.native_v6;
  if (remote->IsAny()) {
    // The host itself.
    remote->ip = endpoint.v6 || endpoint.local.IsAny() ? kLoopback : endpoint.local.ip;
    if (bound_to_v4) remote->native_v6 = false;
  }
  if (bound_to_v4 && remote->native_v6) return -EAFNOSUPPORT;
  if (endpoint.options.v6_only && !remote->native_v6) return -ENETUNREACH;
  return remote->IsLoopback() && remote->ip != kLoopbackBroadcast ? 0 : -ENETUNREACH;
}

// Gives the connection that `endpoint` is to become its pair of addresses (__inet_hash_connect).
// -EADDRNOTAVAIL if another one has it; then nothing has changed.
int TakeAddresses(Kernel& kernel, TcpEndpoint& endpoint, const Address& remote) {
  const Address former = endpoint.local;
  endpoint.remote_address = remote;
  if (endpoint.local.IsAny()) {
    endpoint.local.ip = kLoopback;
    endpoint.local.native_v6 = remote.native_v6;
  }
  if (endpoint.port == nullptr) {
    endpoint.local.port = 0;
    if (kernel.ports.BindForConnect(endpoint) == 0) return 0;
  } else {
    TcpEndpoint* const twin = kernel.ports.FindTwin(endpoint);
    if (twin == nullptr) return 0;
    if (IsResting(*twin)) {  // tcp_twsk_unique
      TcpEndpoint* const forgotten = twin->remote;
      EndRest(kernel, *twin);
      if (forgotten != nullptr) ReceiveReset(kernel, *forgotten);
      return 0;
    }
    if (!endpoint.bound_by_user) kernel.ports.Release(endpoint);
  }
  endpoint.remote_address = {};
  endpoint.local = former;
  return -EADDRNOTAVAIL;
}

// Peers whose SYN found the queue full get in as soon as there is room, so that scenarios need not
// wait for it; PeerStatus tells when Linux would let them in. Sockets of the server's own keep to
// Linux's times.
void AdmitWaitingPeers(Kernel& kernel, TcpEndpoint& listener) {
  TcpEndpoint* client = listener.listener->syns.first();
  while (client != nullptr && !listener.listener->IsFull()) {
    TcpEndpoint* next = EndpointQueue::Next(client);
    if (client->is_peer && !client->vanished) {
      listener.listener->syns.Remove(client);
      client->queued_at = nullptr;
      Peer& peer = kernel.peers[static_cast<size_t>(client->peer)];
      while (peer.next_syn_ns < kernel.timers.now_ns()) {
        peer.next_syn_ns += SynWaitNs(++client->syn_tries);
      }
      Establish(kernel, listener, *client);
    }
    client = next;
  }
}

}  // namespace

void SetBuffers(TcpEndpoint& endpoint) {
  // Half of the receive buffer is for the kernel's own use (tcp_adv_win_scale is 1).
  endpoint.receive_capacity = static_cast<uint32_t>(
      endpoint.is_peer ? endpoint.options.receive_buffer : endpoint.options.receive_buffer / 2);
}

int Listen(Kernel& kernel, TcpEndpoint& endpoint, int backlog) {
  if (endpoint.socket_state != SocketState::kUnconnected) return -EINVAL;
  if (endpoint.state != TcpState::kClosed && endpoint.state != TcpState::kListen) return -EINVAL;
  if (endpoint.state == TcpState::kClosed) {
    if (endpoint.port == nullptr) {
      endpoint.local.port = 0;  // a former connection's
      if (const int result = kernel.ports.Bind(endpoint); result != 0) return result;
    } else if (!Ports::MayListen(endpoint)) {
      return -EADDRINUSE;
    }
    endpoint.listener = kernel.listeners.New();
    endpoint.state = TcpState::kListen;
  }
  endpoint.listener->backlog = std::min(static_cast<uint32_t>(backlog), kMostBacklog);
  AdmitWaitingPeers(kernel, endpoint);
  return 0;
}

TcpEndpoint* TakeAccepted(Kernel& kernel, TcpEndpoint& listener) {
  TcpEndpoint* child = listener.listener->accepting.PopFront();
  if (child == nullptr) return nullptr;
  child->queued_at = nullptr;
  child->accepted = true;
  --listener.listener->accepting_length;
  --kernel.accept_queue_length;
  if (!listener.listener->syns.empty()) AdmitWaitingPeers(kernel, listener);
  return child;
}

void StartConnect(Kernel& kernel, TcpEndpoint& endpoint) {
  endpoint.state = TcpState::kSynSent;
  if (endpoint.remote_address == endpoint.local) {
    EstablishWithSelf(kernel, endpoint);
    return;
  }
  TcpEndpoint* listener = kernel.ports.FindListener(endpoint.remote_address);
  if (listener == nullptr) {
    if (kernel.options.knows_other_servers && !endpoint.is_peer) {
      AbortUnsimulated("connect", "to another server, at port", endpoint.remote_address.port);
    }
    ReceiveReset(kernel, endpoint);
  } else if (listener->listener->IsFull()) {
    endpoint.queued_at = listener;
    listener->listener->syns.PushBack(&endpoint);
    const int64_t now = kernel.timers.now_ns();
    const int64_t syn_wait = SynWaitNs(endpoint.syn_tries);
    int64_t wait = syn_wait;
    if (endpoint.is_peer) {
      kernel.peers[static_cast<size_t>(endpoint.peer)].next_syn_ns = now + syn_wait;
      wait = kConnectTimeoutNs;
    }
    ArmTimer(kernel, endpoint, now + wait);
  } else {
    Establish(kernel, *listener, endpoint);
  }
}

void RetryConnect(Kernel& kernel, TcpEndpoint& endpoint) {
  if (endpoint.is_peer || ++endpoint.syn_tries == kMostSynTries) {
    FailWith(kernel, endpoint, ETIMEDOUT);
    return;
  }
  if (endpoint.queued_at != nullptr) {
    endpoint.queued_at->listener->syns.Remove(&endpoint);
    endpoint.queued_at = nullptr;
  }
  StartConnect(kernel, endpoint);
}

void EndDeferral(Kernel& kernel, TcpEndpoint& endpoint) {
  TcpEndpoint& listener = *endpoint.queued_at;
  listener.listener->deferred.Remove(&endpoint);
  DisarmTimer(kernel, endpoint);
  endpoint.state = TcpState::kEstablished;
  JoinAcceptQueue(kernel, listener, endpoint);
  WakeEndpoint(kernel, listener, kDataReady);
}

int Connect(Kernel& kernel, TcpEndpoint& endpoint, const sockaddr* address, socklen_t length,
            int fd) {
  if (length < sizeof(sa_family_t)) return -EINVAL;
  if (address == nullptr) return -EFAULT;
  if (address->sa_family == AF_UNSPEC) {
    Disconnect(kernel, endpoint);
    endpoint.socket_state = SocketState::kUnconnected;
    return 0;
  }
  int result = -EINPROGRESS;
  switch (endpoint.socket_state) {
    case SocketState::kDisconnecting:
      return -EINVAL;
    case SocketState::kConnected:
      return -EISCONN;
    case SocketState::kConnecting:
      result = -EALREADY;
      break;
    case SocketState::kUnconnected: {
      if (endpoint.state != TcpState::kClosed) return -EISCONN;
      Address remote;
      const int refused = ReadRemote(endpoint, address, length, &remote);
      if (refused != 0) return refused;
      const int taken = TakeAddresses(kernel, endpoint, remote);
      if (taken != 0) return taken;
      // Until the call lets go of the socket no answer is looked at, so a call that does not wait
      // never sees how the handshake, which is over by then, has ended.
      endpoint.socket_state = SocketState::kConnecting;
      endpoint.syn_tries = 0;
      endpoint.lost = 0;
      endpoint.error = 0;
      StartConnect(kernel, endpoint);
      if (endpoint.non_blocking) return -EINPROGRESS;
      break;
    }
  }
  const int64_t timeout = endpoint.options.send_timeout_ns;
  const int64_t deadline = DeadlineAfter(kernel, timeout);
  while (HandshakeIsOpen(endpoint)) {
    if (endpoint.non_blocking) return result;
    const int woken = Sleep(
        kernel, endpoint,
        {.call = Call::kConnect, .fd = fd, .deadline_ns = deadline, .restartable = timeout < 0});
    if (woken == -EAGAIN) return result;
    if (woken != 0) return woken;
  }
  if (endpoint.state == TcpState::kClosed) {
    const int error = TakeError(endpoint);
    endpoint.socket_state = SocketState::kUnconnected;
    Disconnect(kernel, endpoint);
    return error != 0 ? -error : -ECONNABORTED;
  }
  endpoint.socket_state = SocketState::kConnected;
  return 0;
}

}  // namespace hupstorm::simulated::tcp
