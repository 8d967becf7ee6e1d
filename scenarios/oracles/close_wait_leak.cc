#include <fmt/format.h>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(A client has finished (its FIN arrived), everything it was sent has left the server, and the server still
holds the connection: it stays in CLOSE-WAIT for ever, with its descriptor. `ss -tn state close-wait` shows these
on a real machine. When the descriptors run out, no client gets in.

recv returning 0 is the only word of a FIN that a server gets (with EPOLLRDHUP, if it asked for that): it must answer it
by sending what is left and closing. EPOLLHUP does not come for a client's FIN: it means that both directions are shut.)";

// Judged when every client has sent its FIN and the server, given time, is at rest. A vanished
// client sends none, and bytes that the client could still take are no leak.
void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead) return;
  for (const ClientFacts& client : ledger.InUse()) {
    if (!client.server_open || !client.close_wait || client.unsent > 0 || client.vanished) continue;
    findings.Add("close-wait-leak", client,
                 fmt::format("{} has sent its FIN and nothing is left to send, "
                             "but the server still holds the connection in CLOSE-WAIT{}{}",
                             ledger.ClientName(client),
                             client.fd >= 0 ? fmt::format(" (descriptor {})", client.fd) : "",
                             ledger.Later()),
                 ledger.CallThatForgets(client));
  }
}

}  // namespace

const Oracle kCloseWaitLeak = {
    "close-wait-leak",
    "no connection whose client has finished, and whose output has drained, stays open",
    kPage,
    Effect::kLeaks,
    At(Moment::kHalfClosed),
    Judge};

}  // namespace hupstorm
