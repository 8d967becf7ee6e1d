// The clients of the server, as the kernel's owner plays them.

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/scoped_value.h"
#include "kernel/simulated/calls.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm {
namespace {

using simulated::Kernel;
using simulated::Peer;
using simulated::TcpEndpoint;

// Peers take these ports in turn, and after the last the next address of 127.0.0.0/8.
constexpr uint32_t kFirstPort = 40000;
constexpr uint32_t kPortCount = 25001;

Peer& Find(Kernel& kernel, PeerId id, const char* call) {
  if (id < 0 || static_cast<size_t>(id) >= kernel.peers.size()) {
    std::fprintf(stderr, "hupstorm: SimulatedKernel::%s: there is no peer %d\n", call, id);
    std::abort();
  }
  return kernel.peers[static_cast<size_t>(id)];
}

// What a peer does is no news to itself, and the server may look at the clock anew.
class Acting : ScopedValue<PeerId> {
 public:
  Acting(Kernel& kernel, PeerId id) : ScopedValue(kernel.acting_peer, id) {
    kernel.looks_at_clock = 0;
  }
};

bool MaySend(const TcpEndpoint& self) {
  return (self.state == TcpState::kEstablished || self.state == TcpState::kCloseWait) &&
         !self.vanished;
}

size_t SendBytes(Kernel& kernel, TcpEndpoint& self, std::span<const std::byte> bytes, bool urgent) {
  // The bytes are only read.
  const iovec part = {.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
  simulated::IoVector from(&part, bytes.size(), Access::kRead);
  return simulated::tcp::Queue(kernel, self, from, bytes.size(), urgent);
}

// Closes the peer's end, as close(2) would.
void ClosePeer(Kernel& kernel, PeerId id, const char* call, bool reset) {
  Peer& peer = Find(kernel, id, call);
  TcpEndpoint* self = peer.self;
  if (self == nullptr || self->orphan) return;
  const Acting acting(kernel, id);
  peer.end_of_input = self->done && self->receive.empty();
  if (self->vanished && reset && peer.server != nullptr && peer.server->unanswered) {
    // The host is back, knows of no connection, and answers what reaches it with RST.
    peer.server->unanswered = false;
    simulated::tcp::ReceiveReset(kernel, *peer.server);
  }
  if (reset) {
    self->options.linger = true;
    self->receive.Clear(kernel.chunks);
  }
  simulated::tcp::Close(kernel, *self, -1);
}

}  // namespace

PeerId SimulatedKernel::PeerConnect(uint16_t port, const PeerOptions& options) {
  State& state = *state_;
  const PeerId id = static_cast<PeerId>(state.peers.size());
  uint32_t turn = state.next_peer_address++;
  while (state.ports.InUse(static_cast<uint16_t>(kFirstPort + turn % kPortCount))) {
    turn = state.next_peer_address++;
  }
  TcpEndpoint& self = *state.endpoints.New();
  self.is_peer = true;
  self.peer = id;
  self.options.send_buffer = std::max(options.send_buffer, 1);
  self.options.receive_buffer = std::max(options.receive_buffer, 1);
  self.options.urgent_inline = true;
  self.local = {.ip = simulated::kLoopback + turn / kPortCount,
                .port = static_cast<uint16_t>(kFirstPort + turn % kPortCount),
                .native_v6 = false};
  self.remote_address = {.ip = simulated::kLoopback, .port = port, .native_v6 = false};
  simulated::tcp::SetBuffers(self);
  state.peers.push_back({.self = &self, .server = nullptr, .port = self.local.port});
  const Acting acting(state, id);
  simulated::tcp::StartConnect(state, self);
  return id;
}

size_t SimulatedKernel::PeerSend(PeerId id, std::span<const std::byte> bytes) {
  Peer& peer = Find(*state_, id, "PeerSend");
  if (peer.self == nullptr || !MaySend(*peer.self) || bytes.empty()) return 0;
  const Acting acting(*state_, id);
  return SendBytes(*state_, *peer.self, bytes, false);
}

bool SimulatedKernel::PeerSendUrgent(PeerId id, std::byte byte) {
  Peer& peer = Find(*state_, id, "PeerSendUrgent");
  if (peer.self == nullptr || !MaySend(*peer.self)) return false;
  const Acting acting(*state_, id);
  return SendBytes(*state_, *peer.self, {&byte, 1}, true) == 1;
}

std::span<const std::byte> SimulatedKernel::PeerPeek(PeerId id) const {
  const Peer& peer = Find(*state_, id, "PeerPeek");
  if (peer.self == nullptr) return {};
  return peer.self->receive.Front();
}

void SimulatedKernel::PeerConsume(PeerId id, size_t count, uint64_t wanted) {
  Peer& peer = Find(*state_, id, "PeerConsume");
  if (count == 0) return;
  if (peer.self == nullptr || count > peer.self->receive.size()) {
    std::fprintf(stderr, "hupstorm: SimulatedKernel::PeerConsume: peer %d has no %zu bytes\n", id,
                 count);
    std::abort();
  }
  const Acting acting(*state_, id);
  peer.self->receive.Take(state_->chunks, nullptr, count);
  peer.self->read_sequence += static_cast<uint32_t>(count);
  // All that it will read next comes through at once, not window by window.
  const uint32_t capacity = peer.self->receive_capacity;
  if (peer.self->receive.empty() && wanted > capacity) {
    peer.self->receive_capacity = static_cast<uint32_t>(std::min<uint64_t>(wanted, UINT32_MAX));
  }
  simulated::tcp::OpenWindow(*state_, *peer.self);
  if (peer.self != nullptr) peer.self->receive_capacity = capacity;
}

void SimulatedKernel::PeerShutdownWrite(PeerId id) {
  Peer& peer = Find(*state_, id, "PeerShutdownWrite");
  if (peer.self == nullptr || peer.self->vanished) return;
  const Acting acting(*state_, id);
  if (MaySend(*peer.self)) simulated::tcp::Shutdown(*state_, *peer.self, SHUT_WR);
}

void SimulatedKernel::PeerClose(PeerId id) { ClosePeer(*state_, id, "PeerClose", false); }

void SimulatedKernel::PeerReset(PeerId id) { ClosePeer(*state_, id, "PeerReset", true); }

void SimulatedKernel::PeerVanish(PeerId id) {
  Peer& peer = Find(*state_, id, "PeerVanish");
  TcpEndpoint* self = peer.self;
  if (self == nullptr || self->vanished) return;
  const Acting acting(*state_, id);
  self->vanished = true;
  simulated::tcp::DisarmTimer(*state_, *self);
  TcpEndpoint* server = self->remote;
  if (server == nullptr) return;
  simulated::tcp::LoseRemote(*state_, *server);
}

SimulatedKernel::PeerStatus SimulatedKernel::Status(PeerId id) const {
  const Peer& peer = Find(*state_, id, "Status");
  PeerStatus status;
  status.connected = peer.connected;
  status.connected_at_ns = peer.next_syn_ns;
  status.refused = peer.refused;
  status.was_reset = peer.was_reset;
  status.end_of_input = peer.end_of_input;
  if (peer.self == nullptr) return status;
  const TcpEndpoint& self = *peer.self;
  status.state = simulated::tcp::ReportedState(self);
  status.unsent = self.send.size();
  if (self.orphan) return status;
  status.unread = self.receive.size();
  status.end_of_input = self.done && self.receive.empty();
  status.end_is_unread = self.done && !status.end_of_input && !peer.was_reset;
  return status;
}

size_t SimulatedKernel::PeerSendSpace(PeerId id) const {
  const TcpEndpoint* const self = Find(*state_, id, "PeerSendSpace").self;
  return self != nullptr && MaySend(*self) ? simulated::tcp::SendSpace(*self) : 0;
}

uint16_t SimulatedKernel::PeerPort(PeerId id) const { return Find(*state_, id, "PeerPort").port; }

int SimulatedKernel::peer_count() const { return static_cast<int>(state_->peers.size()); }

std::span<const PeerId> SimulatedKernel::TakeChangedPeers() {
  State& state = *state_;
  state.taken_peers.clear();
  state.taken_peers.swap(state.changed_peers);
  for (const PeerId id : state.taken_peers) state.peers[static_cast<size_t>(id)].changed = false;
  return state.taken_peers;
}

bool SimulatedKernel::HasChangedPeers() const { return !state_->changed_peers.empty(); }

SimulatedKernel::ConnectionStatus SimulatedKernel::ServerSide(PeerId id) const {
  const Peer& peer = Find(*state_, id, "ServerSide");
  ConnectionStatus status;
  if (peer.server == nullptr) return status;
  const TcpEndpoint& server = *peer.server;
  status.state = simulated::tcp::ReportedState(server);
  status.fd = server.fd;
  status.accepted = server.accepted;
  status.unread = simulated::tcp::UnreadForIoctl(server);
  status.unsent = server.send.size();
  status.unseen_fin = server.done && !server.end_seen;
  status.pending_error = server.error;
  return status;
}

PeerId SimulatedKernel::PeerOf(int fd) const {
  const simulated::Object* object = state_->descriptors.Get(fd);
  if (object == nullptr || object->kind != simulated::Kind::kTcp) return kNoPeer;
  return static_cast<const TcpEndpoint*>(object)->peer;
}

}  // namespace hupstorm
