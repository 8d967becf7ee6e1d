#include "scenarios/worlds/snapshots.h"

#include <fmt/format.h>

#include <string>

namespace hupstorm {
namespace {

ClientView::State StateShownTo(const ClientFacts& client) {
  if (client.refused) return ClientView::State::kRefused;
  if (client.was_reset) return ClientView::State::kReset;
  if (client.end_of_input) return ClientView::State::kEndOfInput;
  return client.connected ? ClientView::State::kOpen : ClientView::State::kWaiting;
}

}  // namespace

std::vector<SocketRow> SocketsOf(const Ledger& ledger, const ScenarioClients& clients,
                                 const DrivenKernel& kernel) {
  std::vector<SocketRow> rows;
  for (size_t i = 0; i < ledger.client_count; ++i) {
    const PeerId peer = clients.PeerOf(static_cast<int>(i));
    const DrivenKernel::ConnectionStatus server = kernel.ServerSide(peer);
    const DrivenKernel::PeerStatus client = kernel.Status(peer);
    const bool gone = server.fd < 0 && server.state == TcpState::kClosed;
    rows.push_back({.client = ledger.ClientName(ledger.clients[i]),
                    .server_state = gone ? "-" : std::string(TcpStateName(server.state)),
                    .client_state = std::string(TcpStateName(client.state)),
                    .fd = server.fd,
                    .server_recv_q = server.unread,
                    .server_send_q = server.unsent,
                    .client_recv_q = client.unread});
  }
  return rows;
}

void AppendViews(const Ledger& ledger, std::vector<ClientView>& views) {
  for (const ClientFacts& client : ledger.InUse()) {
    views.push_back({.letter = client.letter,
                     .index = client.index,
                     .received = client.stream.received(),
                     .state = StateShownTo(client),
                     .left = client.closed || client.reset});
  }
}

void CountDescriptors(Ledger& ledger, const ScenarioClients& clients, const DrivenKernel& kernel) {
  ledger.descriptors_now = kernel.open_descriptor_count();
  ledger.descriptors_left.clear();
  const int start = ledger.stopped ? 0 : ledger.descriptors_at_start;
  if (ledger.descriptors_now <= start) return;
  int connections = 0;
  int others = 0;
  std::string names;
  for (const DrivenKernel::Descriptor& descriptor : kernel.OpenDescriptors()) {
    if (descriptor.kind != DrivenKernel::DescriptorKind::kConnection) {
      ++others;
      continue;
    }
    const int client = clients.ClientOfPeer(descriptor.peer);
    if (++connections <= 5 && client >= 0) {
      names += (names.empty() ? "" : ", ") + ledger.ClientName(ledger.clients[client]);
    }
  }
  std::string& left = ledger.descriptors_left;
  if (connections > 0) {
    left = fmt::format("{} connection{}", connections, connections == 1 ? "" : "s");
    if (!names.empty()) left += fmt::format(" ({}{})", names, connections > 5 ? ", ..." : "");
  }
  if (others > start || connections == 0) {
    left += fmt::format("{}{} other descriptor{}", left.empty() ? "" : ", ", others - start,
                        others == 1 ? "" : "s");
  }
}

}  // namespace hupstorm
