// How TCP connections end: FIN, RST, close.

#include <errno.h>
#include <sys/socket.h>

#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated::tcp {
namespace {

// The first half of tcp_close_state: where to go, and whether a FIN is due.
bool StartClosing(TcpEndpoint& endpoint) {
  switch (endpoint.state) {
    case TcpState::kEstablished:
    case TcpState::kSynRecv:
      endpoint.state = TcpState::kFinWait1;
      return true;
    case TcpState::kCloseWait:
      endpoint.state = TcpState::kLastAck;
      return true;
    case TcpState::kSynSent:
      endpoint.state = TcpState::kClosed;
      return false;
    default:
      return false;
  }
}

void LeaveQueue(TcpEndpoint& endpoint) {
  if (endpoint.queued_at == nullptr) return;
  Listener& listener = *endpoint.queued_at->listener;
  // In the accept queue it stays, however it ended: accept hands it out.
  if (endpoint.state == TcpState::kSynSent) {
    listener.syns.Remove(&endpoint);
  } else if (endpoint.state == TcpState::kSynRecv) {
    listener.deferred.Remove(&endpoint);
  } else {
    return;
  }
  endpoint.queued_at = nullptr;
}

// inet_csk_listen_stop: connections not accepted yet are reset. A client that was not let in hears
// nothing, and is refused when it sends its SYN again; a peer, which does not sleep that long, at
// once.
void StopListening(Kernel& kernel, TcpEndpoint& endpoint) {
  Listener* listener = endpoint.listener;
  endpoint.listener = nullptr;
  endpoint.state = TcpState::kClosed;
  while (TcpEndpoint* child = listener->accepting.PopFront()) {
    --kernel.accept_queue_length;
    child->queued_at = nullptr;
    child->orphan = true;
    Disconnect(kernel, *child);
    FreeIfDead(kernel, *child);
  }
  while (TcpEndpoint* child = listener->deferred.PopFront()) {
    child->queued_at = nullptr;
    child->orphan = true;
    Finish(kernel, *child);
    FreeIfDead(kernel, *child);
  }
  while (TcpEndpoint* client = listener->syns.PopFront()) {
    client->queued_at = nullptr;
    if (client->is_peer) ReceiveReset(kernel, *client);
  }
  kernel.listeners.Delete(listener);
}

// sk_stream_wait_close: a close that lingers waits until the data and the FIN are acknowledged.
void Linger(Kernel& kernel, TcpEndpoint& endpoint, int fd) {
  const int64_t deadline =
      DeadlineAfter(kernel, int64_t{endpoint.options.linger_seconds} * 1'000'000'000);
  while (endpoint.state == TcpState::kFinWait1 || endpoint.state == TcpState::kClosing ||
         endpoint.state == TcpState::kLastAck) {
    if (Sleep(kernel, {.call = Call::kClose, .fd = fd, .deadline_ns = deadline}) != 0) {
      return;
    }
  }
}

}  // namespace

void CutLink(TcpEndpoint& endpoint) {
  if (endpoint.remote == nullptr) return;
  endpoint.remote->remote = nullptr;
  endpoint.remote = nullptr;
}

// tcp_send_active_reset: the other end hears of it at once. A socket that is connected to itself is
// closed by then, and hears nothing.
void SendReset(Kernel& kernel, TcpEndpoint& endpoint) {
  TcpEndpoint* remote = endpoint.remote;
  CutLink(endpoint);
  if (remote != nullptr && remote != &endpoint) ReceiveReset(kernel, *remote);
}

void Finish(Kernel& kernel, TcpEndpoint& endpoint) {
  LeaveQueue(endpoint);
  if (endpoint.timer != nullptr) DisarmTimer(kernel, endpoint);
  CutLink(endpoint);
  endpoint.state = TcpState::kClosed;
  endpoint.shutdown = kBothShutdown;
  if (!endpoint.in_time_wait && !endpoint.bound_by_user) kernel.ports.Release(endpoint);
  if (!endpoint.orphan) WakeEndpoint(kernel, endpoint, 0, true);
}

void FailWith(Kernel& kernel, TcpEndpoint& endpoint, int error) {
  endpoint.error = error;
  const bool unanswered_syn = endpoint.state == TcpState::kSynSent;
  const bool unanswered_fin = endpoint.fin_wanted && !endpoint.fin_sent;
  endpoint.lost = endpoint.send.size() + (unanswered_syn || unanswered_fin ? 1 : 0);
  endpoint.send.Clear(kernel.chunks);
  StopResting(kernel, endpoint);
  Finish(kernel, endpoint);
  if (endpoint.orphan) {
    FreeIfDead(kernel, endpoint);
  } else {
    WakeEndpoint(kernel, endpoint, EPOLLERR);
  }
}

void ReceiveReset(Kernel& kernel, TcpEndpoint& endpoint) {
  int error = ECONNRESET;
  switch (endpoint.state) {
    case TcpState::kClosed:
      if (endpoint.in_time_wait) {
        StopResting(kernel, endpoint);
        CutLink(endpoint);
        FreeIfDead(kernel, endpoint);
      }
      return;
    case TcpState::kSynSent:
      error = ECONNREFUSED;
      if (endpoint.is_peer) kernel.peers[static_cast<size_t>(endpoint.peer)].refused = true;
      break;
    case TcpState::kSynRecv:
      // Nothing but a request of the listener's yet: it is forgotten.
      endpoint.orphan = true;
      break;
    case TcpState::kCloseWait:
      error = EPIPE;
      break;
    default:
      break;
  }
  if (endpoint.is_peer && error != ECONNREFUSED) {
    kernel.peers[static_cast<size_t>(endpoint.peer)].was_reset = true;
  }
  FailWith(kernel, endpoint, error);
}

void DeliverFin(Kernel& kernel, TcpEndpoint& from) {
  TcpEndpoint& to = *from.remote;
  from.fin_sent = true;
  to.last_received_ns = kernel.timers.now_ns();
  if (to.state == TcpState::kSynRecv) EndDeferral(kernel, to);
  to.done = true;
  to.shutdown |= kReceiveShutdown;
  const TcpState from_state = from.state;
  switch (to.state) {
    case TcpState::kEstablished:
      to.state = TcpState::kCloseWait;
      break;
    case TcpState::kFinWait1:
      to.state = TcpState::kClosing;
      break;
    case TcpState::kFinWait2:
      EnterTimeWait(kernel, to);
      break;
    default:
      break;
  }
  if (!to.orphan) {
    WakeEndpoint(kernel, to, 0, true);
    WakeEndpoint(kernel, to, kDataReady);
  }
  // The acknowledgment.
  if (&from == &to) {
    EnterTimeWait(kernel, from);  // it has closed both sides
    return;
  }
  switch (from_state) {
    case TcpState::kFinWait1:
      from.state = TcpState::kFinWait2;
      if (from.orphan) {
        RestInFinWait2(kernel, from);
        FreeIfDead(kernel, from);
      } else {
        WakeEndpoint(kernel, from, 0, true);
      }
      break;
    case TcpState::kClosing:
      EnterTimeWait(kernel, from);
      break;
    case TcpState::kLastAck:
      Finish(kernel, from);
      FreeIfDead(kernel, from);
      break;
    default:
      break;
  }
}

int Shutdown(Kernel& kernel, TcpEndpoint& endpoint, int how) {
  if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) return -EINVAL;
  const uint8_t halves = static_cast<uint8_t>(how + 1);
  if (endpoint.socket_state == SocketState::kConnecting) {
    const bool unfinished = endpoint.state == TcpState::kSynSent ||
                            endpoint.state == TcpState::kSynRecv ||
                            endpoint.state == TcpState::kClosed;
    endpoint.socket_state = unfinished ? SocketState::kDisconnecting : SocketState::kConnected;
  }
  int result = 0;
  switch (endpoint.state) {
    case TcpState::kListen:
      if ((halves & kReceiveShutdown) == 0) break;
      [[fallthrough]];
    case TcpState::kSynSent:
      Disconnect(kernel, endpoint);
      endpoint.socket_state = SocketState::kUnconnected;
      break;
    case TcpState::kClosed:
      result = -ENOTCONN;
      [[fallthrough]];
    default:
      endpoint.shutdown |= halves;
      if ((halves & kSendShutdown) != 0 && StartClosing(endpoint)) {
        endpoint.fin_wanted = true;
        Transmit(kernel, endpoint);
      }
      break;
  }
  WakeEndpoint(kernel, endpoint, 0, true);
  return result;
}

void Disconnect(Kernel& kernel, TcpEndpoint& endpoint) {
  switch (endpoint.state) {
    case TcpState::kListen:
      StopListening(kernel, endpoint);
      break;
    case TcpState::kEstablished:
    case TcpState::kCloseWait:
    case TcpState::kFinWait1:
    case TcpState::kFinWait2:
    case TcpState::kSynRecv:
      SendReset(kernel, endpoint);
      endpoint.error = ECONNRESET;
      break;
    case TcpState::kClosing:
    case TcpState::kLastAck:
      if (!endpoint.fin_sent) SendReset(kernel, endpoint);
      endpoint.error = ECONNRESET;
      break;
    case TcpState::kSynSent:
      endpoint.error = ECONNRESET;
      endpoint.lost = 1;  // the SYN
      break;
    default:
      break;
  }
  LeaveQueue(endpoint);
  if (endpoint.timer != nullptr) DisarmTimer(kernel, endpoint);
  CutLink(endpoint);
  endpoint.state = TcpState::kClosed;
  endpoint.send.Clear(kernel.chunks);
  endpoint.receive.Clear(kernel.chunks);
  // tcp_disconnect moves write_seq on, so that SIOCOUTQ tells of bytes that were never written.
  endpoint.lost += 2;
  endpoint.urgent = Urgent::kNone;
  endpoint.shutdown = 0;
  endpoint.done = endpoint.fin_wanted = endpoint.fin_sent = endpoint.urgent_mode = false;
  endpoint.more_follows = endpoint.passive = false;
  endpoint.segments_in = endpoint.segments_out = 0;
  endpoint.read_sequence = endpoint.write_sequence = 0;
  endpoint.remote_address = {};
  endpoint.unanswered = false;
  // getsockname still tells the port (inet_sport).
  if (!endpoint.bound_by_user) kernel.ports.Release(endpoint);
  if (!endpoint.address_by_user) {
    endpoint.local.ip = 0;
    endpoint.local.native_v6 = endpoint.v6;
  }
  if (!endpoint.orphan) WakeEndpoint(kernel, endpoint, EPOLLERR);
}

void Close(Kernel& kernel, TcpEndpoint& endpoint, int fd) {
  endpoint.shutdown = kBothShutdown;
  endpoint.fd = -1;
  const bool unread = !endpoint.receive.empty();
  endpoint.receive.Clear(kernel.chunks);
  const bool was_closed = endpoint.state == TcpState::kClosed;
  if (endpoint.state == TcpState::kListen) {
    endpoint.orphan = true;
    StopListening(kernel, endpoint);
  } else if (was_closed) {
    endpoint.orphan = true;
  } else if (endpoint.vanished) {
    endpoint.orphan = true;
    Finish(kernel, endpoint);
  } else if (unread) {
    endpoint.orphan = true;
    SendReset(kernel, endpoint);
    endpoint.send.Clear(kernel.chunks);
    StopResting(kernel, endpoint);
    Finish(kernel, endpoint);
  } else if (endpoint.options.linger && endpoint.options.linger_seconds == 0) {
    endpoint.orphan = true;
    Disconnect(kernel, endpoint);
  } else {
    if (endpoint.state == TcpState::kSynSent) LeaveQueue(endpoint);
    ++endpoint.references;  // the end of the connection must not free it under our hands
    if (StartClosing(endpoint)) {
      endpoint.fin_wanted = true;
      Transmit(kernel, endpoint);
    }
    try {
      if (endpoint.options.linger && fd >= 0) Linger(kernel, endpoint, fd);
    } catch (...) {
      --endpoint.references;
      endpoint.orphan = true;
      FreeIfDead(kernel, endpoint);
      throw;
    }
    --endpoint.references;
    endpoint.orphan = true;
    if (endpoint.state == TcpState::kFinWait2) RestInFinWait2(kernel, endpoint);
    if (endpoint.state != TcpState::kClosed && endpoint.unanswered) {
      AwaitAcknowledgment(kernel, endpoint);
    }
  }
  FreeIfDead(kernel, endpoint);
}

void FreeIfDead(Kernel& kernel, TcpEndpoint& endpoint) {
  if (!endpoint.orphan || endpoint.state != TcpState::kClosed || endpoint.in_time_wait ||
      endpoint.references > 0 || endpoint.queued_at != nullptr) {
    return;
  }
  CutLink(endpoint);
  endpoint.receive.Clear(kernel.chunks);
  endpoint.send.Clear(kernel.chunks);
  kernel.ports.Release(endpoint);
  if (endpoint.timer != nullptr) DisarmTimer(kernel, endpoint);
  FreeKept(kernel, endpoint);
  if (endpoint.peer != kNoPeer) {
    Peer& peer = kernel.peers[static_cast<size_t>(endpoint.peer)];
    (endpoint.is_peer ? peer.self : peer.server) = nullptr;
  }
  kernel.endpoints.Delete(&endpoint);
}

}  // namespace hupstorm::simulated::tcp
