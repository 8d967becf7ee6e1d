#include <fmt/format.h>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(Every client reads, nothing is under way on the network, the server sleeps with nothing to do, and yet there is
something that it could deliver: input that it has not read, or an answer that it keeps.

The usual causes: an edge-triggered descriptor that was not read until EAGAIN, so that no further edge comes; EPOLLOUT that was
not asked for although something is queued; a connection that waits in the accept queue after an error of accept; output that
is sent only when more input comes.)";

bool IsOver(const ClientFacts& client) { return client.end_of_input || client.was_reset; }

// What of this client's is undelivered, empty for nothing.
std::string Undelivered(const ClientFacts& client) {
  if (client.stream.complete() && client.unread == 0) return "";
  if (!client.accepted) return "waits to be accepted";
  if (client.unread > 0) {
    return fmt::format("has {} bytes in the server's receive buffer that it does not read",
                       client.unread);
  }
  return fmt::format("is owed {}, has got {}, and gets no more", client.stream.OwedText(),
                     client.stream.GotText());
}

std::string WhenDrained(const ClientFacts& client, const Ledger& ledger) {
  if (IsOver(client)) return "";
  const bool answered = client.stream.is_one_response() &&
                        (client.stream.complete() || client.stream.answer_is_optional());
  // What the server has taken in and not given out may yet come when the client has finished.
  if (answered || (client.accepted && client.unread == 0)) return "";
  const std::string what = Undelivered(client);
  return what.empty() ? "" : fmt::format("at rest, {} {}", ledger.ClientName(client), what);
}

std::string WhenHalfClosed(const ClientFacts& client, const Ledger& ledger) {
  if (client.complete_when_drained || client.stream.answer_is_optional()) return "";
  if (client.stream.complete()) {
    return fmt::format("{} is owed {}, and the last of it came only when it had sent its FIN",
                       ledger.ClientName(client), client.stream.OwedText());
  }
  if (IsOver(client)) return "";  // lost-bytes, truncated-response
  return fmt::format("at rest, {} {}", ledger.ClientName(client), Undelivered(client));
}

void Judge(Moment moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead) return;
  for (const ClientFacts& client : ledger.InUse()) {
    if (client.IsExcused() || client.held_up || client.stream.mismatch()) continue;
    const std::string what =
        moment == Moment::kDrained ? WhenDrained(client, ledger) : WhenHalfClosed(client, ledger);
    // It has stopped reading, or it has stopped writing.
    const uint64_t kind = client.unread > 0 ? 1 : 0;
    if (!what.empty())
      findings.Add("stalled", client, what + ledger.Later(), ledger.calls.LastOn(client.number),
                   kind);
  }
}

}  // namespace

const Oracle kStalled = {"stalled",
                         "at rest, nothing that could be delivered is undelivered",
                         kPage,
                         Effect::kLosesService,
                         At(Moment::kDrained, Moment::kHalfClosed),
                         Judge};

}  // namespace hupstorm
