#include <fmt/format.h>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(The server took in far more for one client than it gave out, and its heap grew by as much: a client that sends
and does not read (or that never ends its request) decides how much memory the server uses.

Stop reading from a client whose output queue is long: TCP's own window then tells it to wait. Limit the length of a
request. The bound for one client is 512 KiB, and 128 KiB for hupstorm's own targets.)";

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  const uint64_t bound = ledger.target->queue_bound;
  for (const ClientFacts& client : ledger.InUse()) {
    if (client.most_held <= bound) continue;
    findings.Add("unbounded-queue", client.last_step, 0,
                 fmt::format("the server held {} bytes for {}, more than {}", client.most_held,
                             ledger.ClientName(client), bound));
  }
}

}  // namespace

const Oracle kUnboundedQueue = {"unbounded-queue",
                                "bytes held for a client that does not read stay under a bound",
                                kPage, At(Moment::kScriptDone, Moment::kRoundEnd), Judge};

}  // namespace hupstorm
