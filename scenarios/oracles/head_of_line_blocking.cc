#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(The server sleeps in a call on one connection (send to a client that does not read, recv from one that says
nothing), while others have sent something or want to be accepted, and wait. One slow client stops everybody. A server with a
process or a thread for each of a few clients (a pool) is stopped by as many: the finding says how many it took.

An accepted socket does not inherit O_NONBLOCK from its listener on Linux: set it (accept4 with SOCK_NONBLOCK), and be
ready for EAGAIN. A pool needs a time-out for clients that say nothing, or an event loop in front of it.)";

constexpr size_t kMostNamed = 3;

// The clients on whose connections alone the server sleeps, each once.
std::vector<const ClientFacts*> BlockingClients(const Ledger& ledger) {
  std::vector<const ClientFacts*> clients;
  for (const Ledger::Block& block : ledger.blocks) {
    if (block.client < 0) continue;
    const ClientFacts* const client = &ledger.clients[static_cast<size_t>(block.client)];
    if (std::find(clients.begin(), clients.end(), client) == clients.end()) {
      clients.push_back(client);
    }
  }
  std::sort(clients.begin(), clients.end());  // as they came: they stand in one array
  return clients;
}

// "on a's connection", "on the connections of 4 clients (a, b, c, ...)"; empty for none.
std::string Where(const std::vector<const ClientFacts*>& clients, const Ledger& ledger) {
  if (clients.empty()) return "";
  if (clients.size() == 1) {
    return fmt::format(" on {}'s connection", ledger.ClientName(*clients[0]));
  }
  std::string names;
  for (size_t i = 0; i < std::min(clients.size(), kMostNamed); ++i) {
    names += (i == 0 ? "" : ", ") + ledger.ClientName(*clients[i]);
  }
  if (clients.size() > kMostNamed) names += ", ...";
  return fmt::format(" on the connections of {} clients ({})", clients.size(), names);
}

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead) return;
  for (const ClientFacts& client : ledger.InUse()) {
    if (!ledger.IsHeldUp(client)) continue;
    const std::vector<const ClientFacts*> blocking = BlockingClients(ledger);
    const std::string waits = client.accepted
                                  ? fmt::format("waits with {} bytes unread", client.unread)
                                  : "waits to be accepted";
    const uint64_t context = (blocking.empty() ? 0 : blocking[0]->history.value()) |
                             static_cast<uint64_t>(FamilyOf(ledger.blocks[0].call)) << 32;
    findings.Add(
        "head-of-line-blocking", client.last_step, context,
        fmt::format("the server sleeps in {}{}, while {} {}", CallName(ledger.blocks[0].call),
                    Where(blocking, ledger), ledger.ClientName(client), waits),
        ledger.calls.current());
    return;
  }
}

}  // namespace

const Oracle kHeadOfLineBlocking = {
    "head-of-line-blocking", "one stuck client does not stop the others", kPage,
    Effect::kLosesService,   At(Moment::kHeldUp, Moment::kScriptDone),    Judge};

}  // namespace hupstorm
