#include <fmt/format.h>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(The storm is over, faults and limits are lifted, every client is gone, and a new client that connects
and speaks the protocol is not served. (Of a server of --protocol none it is only asked that it accepts.)

The usual causes: the listener was taken out of the event loop at EMFILE and never put back; with edge triggering, the
accept queue was not emptied until EAGAIN, so that no further edge comes; the loop is stuck elsewhere.)";

// Servers that gave up accepting for different reasons have different bugs.
uint64_t KindOf(const ClientFacts& probe, int accept_error) {
  const uint64_t how = probe.refused ? 1 : !probe.accepted ? 2 : probe.stream.mismatch() ? 3 : 0;
  return how | static_cast<uint64_t>(KindOfError(accept_error)) << 4;
}

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead || ledger.asked_to_stop) return;
  for (const ClientFacts& probe : ledger.InUse()) {
    const bool answered = probe.stream.complete() && probe.stream.received() > 0;
    if (!probe.probe || probe.reset || (probe.accepted && (answered || !probe.stream.is_known())))
      continue;
    const std::string what = probe.refused     ? "is refused: nobody listens any more"
                             : !probe.accepted ? "is not accepted"
                             : probe.stream.difference().empty()
                                 ? fmt::format("is accepted, is owed {} and gets {}",
                                               probe.stream.OwedText(), probe.stream.GotText())
                                 : "is accepted and served wrongly: " + probe.stream.difference();
    findings.Add(
        "accept-stopped", probe,
        fmt::format("after the storm, a new client {}{}", what, ledger.Later()),
        probe.accepted ? ledger.calls.LastOn(probe.number) : ledger.calls.Last(CallFamily::kAccept),
        KindOf(probe, probe.accepted ? 0 : ledger.last_accept_error));
  }
}

}  // namespace

const Oracle kAcceptStopped = {"accept-stopped",
                               "new clients are served after every storm",
                               kPage,
                               Effect::kLosesService,
                               At(Moment::kProbed),
                               Judge};

}  // namespace hupstorm
