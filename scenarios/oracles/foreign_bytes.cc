#include <fmt/format.h>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(A client got bytes that belong to another, or the server's log shows one client's bytes or address in a line
about another. Each client sends a pattern of its own, so the bytes name their owner.

The usual causes: a queue or buffer looked up by descriptor after that number was closed and given out again; a variable
that still holds what the last event left in it; a buffer shared by connections. On a real server this hands one user's
data to another.)";

void Judge(Moment moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead || moment != Moment::kDrained) return;
  for (const ClientFacts& client : ledger.InUse()) {
    if (!client.stream.mismatch()) continue;
    const ClientFacts* owner = ledger.OwnerOfMismatch(client);
    if (owner == nullptr) continue;  // its own, or no client's: lost-bytes
    findings.Add("foreign-bytes", client,
                 fmt::format("{} got bytes at offset {} that {} sent", ledger.ClientName(client),
                             client.stream.mismatch()->at, ledger.ClientName(*owner)),
                 ledger.calls.SendOf(client.number, client.stream.mismatch()->at));
  }
}

}  // namespace

const Oracle kForeignBytes = {"foreign-bytes",
                              "no client gets, and no log line shows, bytes that are another's",
                              kPage,
                              Effect::kLosesService,
                              At(Moment::kIncident, Moment::kDrained),
                              Judge,
                              &Ledger::foreign_log_lines};

}  // namespace hupstorm
