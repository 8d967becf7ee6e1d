#include <fmt/format.h>

#include <algorithm>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(All clients are gone, by FIN or by reset, and the server holds more descriptors than when it started.
Each such storm takes some more, until accept fails with EMFILE.

Look for a path on which a connection is forgotten without close: an error branch, an event mask that is never
matched (EPOLLERR or EPOLLHUP alone), a FIN that is read as "no data yet".)";

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead) return;
  const int extra = ledger.descriptors_now - ledger.descriptors_at_start;
  if (extra <= 0) return;
  const auto clients = ledger.InUse();
  const auto open = std::find_if(clients.begin(), clients.end(),
                                 [](const ClientFacts& client) { return client.server_open; });
  findings.Add(
      "fd-leak", open != clients.end() ? *open : ClientFacts{},
      fmt::format(
          "all clients are gone, and the server holds {} descriptor{} more than at start: {}",
          extra, extra == 1 ? "" : "s", ledger.descriptors_left));
}

}  // namespace

const Oracle kFdLeak = {"fd-leak",
                        "when all clients are gone the server holds only what it held at start",
                        kPage, At(Moment::kRoundEnd), Judge};

}  // namespace hupstorm
