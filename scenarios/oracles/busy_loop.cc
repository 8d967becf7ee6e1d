#include "scenarios/oracles/all_oracles.h"
#include "scenarios/oracles/finding_list.h"
#include "scenarios/oracles/ledger.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(The server is woken again and again and nothing moves: no byte is read or written, no connection accepted or
closed, no error fetched. On a real machine that is one core at 100 % for as long as the cause lasts.

With level triggering, whatever is reported and not dealt with is reported again at once. The usual causes:
  - recv returned 0 (FIN) and the connection was kept: it stays readable for ever;
  - EPOLLERR or EPOLLHUP, which are reported unasked, are not in any branch;
  - accept fails with EMFILE and the listener is still watched: stop watching it until a descriptor is free;
  - EPOLLOUT is still asked for when there is nothing to send;
  - reading was paused for a slow client, and EPOLLIN is still asked for.
A retry of a call in a tight loop (send until it stops saying EAGAIN) is the same bug.)";

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  for (const Incident& spin : ledger.spins) {
    findings.Add("busy-loop", spin.step, spin.context, spin.what);
  }
}

}  // namespace

const Oracle kBusyLoop = {"busy-loop", "no run of wake-ups in which nothing moves", kPage,
                          kAtAnyMoment, Judge};

}  // namespace hupstorm
