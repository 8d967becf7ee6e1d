#include <fmt/format.h>

#include <algorithm>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(All clients are gone, by FIN or by reset, and the server holds more descriptors than when it started.
Each such storm takes some more, until accept fails with EMFILE.

A connection that is left is a leak at once. Anything else (a pipe, a file, a socket to another server) may be what the
server makes once and keeps: so more clients come, in the same way, and it is a leak if each time more is left.

Look for a path on which a connection is forgotten without close: an error branch, an event mask that is never
matched (EPOLLERR or EPOLLHUP alone), a FIN that is read as "no data yet".)";

// A connection that no client of this round had was left by an earlier one, and told of then.
uint64_t CallToBlame(const Ledger& ledger, const FindingList& findings) {
  if (const uint64_t call = ledger.CallThatForgetsAny()) return call;
  const auto told =
      std::find_if(findings.findings().begin(), findings.findings().end(),
                   [](const Finding& finding) { return finding.oracle == "fd-leak"; });
  return told != findings.findings().end() ? told->call : 0;
}

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead) return;
  const DescriptorGrowth& growth = ledger.descriptor_growth;
  if (ledger.connections_left > 0) {
    const int extra = ledger.descriptors_now - ledger.descriptors_at_start;
    const auto clients = ledger.InUse();
    const auto open = std::find_if(clients.begin(), clients.end(),
                                   [](const ClientFacts& client) { return client.server_open; });
    findings.Add(
        "fd-leak", open != clients.end() ? *open : ClientFacts{},
        fmt::format(
            "all clients are gone, and the server holds {} descriptor{} more than at start: {}",
            extra, extra == 1 ? "" : "s", ledger.descriptors_left),
        CallToBlame(ledger, findings));
  } else if (growth.is_leak) {
    findings.Add("fd-leak", 0, growth.kinds,
                 fmt::format("each round of clients leaves more descriptors open, {} in {} rounds; "
                             "the last left {}",
                             growth.count, growth.rounds, growth.what),
                 growth.call);
  }
}

}  // namespace

const Oracle kFdLeak = {"fd-leak",
                        "when all clients are gone the server holds only what it held at start",
                        kPage,
                        Effect::kLeaks,
                        At(Moment::kRoundEnd),
                        Judge};

}  // namespace hupstorm
