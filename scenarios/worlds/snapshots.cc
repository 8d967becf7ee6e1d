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
    if (client.probe) continue;
    views.push_back({.letter = client.letter,
                     .index = client.index,
                     .received = client.stream.received(),
                     .state = StateShownTo(client),
                     .left = client.closed || client.reset});
  }
}

}  // namespace hupstorm
