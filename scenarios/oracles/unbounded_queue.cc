#include <fmt/format.h>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(The server took in far more for one client than it gave out, and its heap grew by as much: a client that sends
and does not read (or that never ends its request) decides how much memory the server uses.

Stop reading from a client whose output queue is long: TCP's own window then tells it to wait. Limit the length of a
request. A server may have any limit up to 16 MiB for a client: one that holds 512 KiB gets a client that sends 24 MiB and
reads nothing, and is reported if it holds 20 MiB of these. Of hupstorm's own targets the limit is known: 128 KiB.)";

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  const uint64_t bound = ledger.target->queue_bound;
  const bool is_known = bound != Target::kUnknownBound;
  if (!is_known && ledger.endless_queue == 0) return;
  for (const ClientFacts& client : ledger.InUse()) {
    if (client.most_held <= bound || client.probe) continue;
    const std::string held =
        fmt::format("the server held {} bytes for {}", client.most_held, ledger.ClientName(client));
    findings.Add("unbounded-queue", client.last_step, 0,
                 is_known ? fmt::format("{}, more than {}", held, bound)
                          : fmt::format("{}, and {} for another that sent on and read nothing: "
                                        "there is no end to it",
                                        held, ledger.endless_queue),
                 ledger.calls.LargestRead(client.number));
  }
}

}  // namespace

const Oracle kUnboundedQueue = {"unbounded-queue",
                                "bytes held for a client that does not read stay under a bound",
                                kPage,
                                Effect::kLeaks,
                                At(Moment::kScriptDone, Moment::kRoundEnd),
                                Judge};

}  // namespace hupstorm
