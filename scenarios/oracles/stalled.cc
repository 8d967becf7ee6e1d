#include <fmt/format.h>

#include "scenarios/oracles/all_oracles.h"
#include "scenarios/oracles/finding_list.h"
#include "scenarios/oracles/ledger.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(Every client reads, the network waits for nobody, the server sleeps with nothing to do, and yet there is
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

void JudgeDrained(const Ledger& ledger, FindingList& findings) {
  for (size_t i = 0; i < ledger.client_count; ++i) {
    const ClientFacts& client = ledger.clients[i];
    if (client.IsExcused() || IsOver(client) || client.stream.mismatch()) continue;
    const bool answered = client.stream.is_one_response() &&
                          (client.stream.complete() || client.stream.answer_is_optional());
    // What the server has taken in and not given out may yet come when the client has finished.
    if (answered || (client.accepted && client.unread == 0)) continue;
    const std::string what = Undelivered(client);
    if (what.empty()) continue;
    findings.Add("stalled", client.last_step, client.history.value(),
                 fmt::format("at rest, {} {}", ledger.ClientName(client), what));
  }
}

void JudgeHalfClosed(const Ledger& ledger, FindingList& findings) {
  for (size_t i = 0; i < ledger.client_count; ++i) {
    const ClientFacts& client = ledger.clients[i];
    if (client.IsExcused() || client.stream.mismatch() || client.complete_when_drained) continue;
    if (client.stream.answer_is_optional()) continue;
    std::string what;
    if (client.stream.complete()) {
      what = fmt::format("{} is owed {}, and the last of it came only when it had sent its FIN",
                         ledger.ClientName(client), client.stream.OwedText());
    } else if (!IsOver(client)) {
      what = fmt::format("at rest, {} {}", ledger.ClientName(client), Undelivered(client));
    } else {
      continue;  // lost-bytes, truncated-response
    }
    findings.Add("stalled", client.last_step, client.history.value(), what);
  }
}

void Judge(Moment moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead) return;
  if (moment == Moment::kDrained) {
    JudgeDrained(ledger, findings);
  } else {
    JudgeHalfClosed(ledger, findings);
  }
}

}  // namespace

const Oracle kStalled = {"stalled", "at rest, nothing that could be delivered is undelivered",
                         kPage, At(Moment::kDrained, Moment::kHalfClosed), Judge};

}  // namespace hupstorm
