#include "scenarios/worlds/outside_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "scenarios/oracles/finding_list.h"

namespace hupstorm {
namespace {

// So many clients at once are a crowd: servers limit how many they take (worker_connections,
// maxclients, RLIMIT_NOFILE), and that is not known from outside.
constexpr size_t kCrowd = 500;

// An answer is owed for each read, and reads are not seen: as many as were
// answered, and one at least.
void CountReads(ClientFacts& client) {
  constexpr uint64_t kAnswer = sizeof(kAckAnswer) - 1;
  const uint64_t answers = (client.stream.received() + kAnswer - 1) / kAnswer;
  const uint64_t reads = std::max<uint64_t>(answers, client.consumed > 0 ? 1 : 0);
  for (; client.reads < reads; ++client.reads) client.stream.CountRead();
}

bool IsOver(const ClientFacts& client) {
  return client.closed || client.reset || client.refused || client.was_reset || client.aborted;
}

// The client has bytes in its way that it does not take.
bool IsStuck(const ClientFacts& client) { return client.unsent > 0 && !client.reading; }

bool Owes(const ClientFacts& client) {
  if (client.turned_away) return false;
  if (client.server_open && (client.finished_sending || client.was_reset) && !IsStuck(client)) {
    return true;
  }
  if (IsOver(client) || client.end_of_input) return false;
  if (!client.accepted || (client.unread > 0 && !IsStuck(client))) return true;
  if (!client.reading || client.stream.answer_is_optional()) return false;
  return !client.stream.complete() ||
         (client.stream.must_end() && client.stream.has_full_request());
}

}  // namespace

void FillInFacts(Ledger& ledger, ScenarioClients& clients, const OutsideKernel& kernel) {
  const bool counts_reads =
      ledger.target->protocol == Protocol::kAck && !ledger.target->third_party;
  clients.Refresh();
  size_t open = 0;
  for (size_t i = 0; i < ledger.client_count; ++i) {
    ClientFacts& client = ledger.clients[i];
    const OutsideKernel::Transfer transfer = kernel.TransferOf(clients.PeerOf(static_cast<int>(i)));
    client.consumed = transfer.consumed;
    client.answered = transfer.answered;
    if (counts_reads) CountReads(client);
    if (!client.closed && !client.reset && !client.refused) ++open;
  }
  if (open < kCrowd && (open == 0 || !kernel.IsShortOfDescriptors())) return;
  for (size_t i = 0; i < ledger.client_count; ++i) {
    ClientFacts& client = ledger.clients[i];
    const bool ended = client.end_of_input || client.was_reset;
    if (client.consumed == 0 && (!client.accepted || ended)) client.turned_away = true;
  }
}

std::vector<Debt> DebtsOf(const Ledger& ledger, const ScenarioClients& clients,
                          const OutsideKernel& kernel) {
  std::vector<Debt> debts;
  for (size_t i = 0; i < ledger.client_count; ++i) {
    const ClientFacts& client = ledger.clients[i];
    if (!Owes(client)) continue;
    const PeerId peer = clients.PeerOf(static_cast<int>(i));
    // Another when the client has done something, or got something.
    const std::string which = fmt::format(
        "{} {} {} {} {} {} {}", peer, client.accepted, client.unread, client.consumed,
        client.stream.sent(), client.stream.received(),
        client.finished_sending + 2 * client.closed + 4 * client.reset + 8 * client.reading);
    debts.push_back({.which = StableHash(which), .is_handshake = kernel.IsInHandshake(peer)});
  }
  return debts;
}

}  // namespace hupstorm
