#include <fmt/format.h>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(The server sleeps in a call on one connection (send to a client that does not read, recv from one that says
nothing), while others have sent something and wait. One slow client stops everybody.

An accepted socket does not inherit O_NONBLOCK from its listener on Linux: set it (accept4 with SOCK_NONBLOCK), and be
ready for EAGAIN.)";

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead || !ledger.blocked_outside_wait) return;
  const ClientFacts* const blocked =
      ledger.blocked_client >= 0 ? &ledger.clients[ledger.blocked_client] : nullptr;
  for (const ClientFacts& client : ledger.InUse()) {
    if (&client == blocked || client.IsExcused()) continue;
    if (client.accepted && client.unread == 0) continue;
    const std::string on =
        blocked ? fmt::format(" on {}'s connection", ledger.ClientName(*blocked)) : "";
    const std::string waits = client.accepted
                                  ? fmt::format("waits with {} bytes unread", client.unread)
                                  : "waits to be accepted";
    findings.Add("head-of-line-blocking", client.last_step, blocked ? blocked->history.value() : 0,
                 fmt::format("the server sleeps in {}{}, while {} {}",
                             CallName(ledger.blocked_call), on, ledger.ClientName(client), waits));
    return;
  }
}

}  // namespace

const Oracle kHeadOfLineBlocking = {"head-of-line-blocking",
                                    "one stuck client does not stop the others", kPage,
                                    At(Moment::kScriptDone), Judge};

}  // namespace hupstorm
